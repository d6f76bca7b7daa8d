#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/traps/grade.hpp"
#include "coordinator/traps/network_prefix.hpp"
#include "coordinator/traps/pet.hpp"
#include "coordinator/traps/value_condition.hpp"

namespace standin::traps {

/// A rule's condition on an event with IPMI's numbers; empty sets and nullopt match everything.
struct PlatformEventCondition {
    EventCoding coding = EventCoding::Pet;
    std::optional<std::uint8_t> sensor_type;
    std::optional<std::uint8_t> event_type;
    std::set<std::int64_t> offsets;
    std::optional<bool> deasserted;
    std::optional<Grade> graded;  ///< what gradeOf() makes of the event

    [[nodiscard]] Mismatch violation(const Trap& trap, Words words) const;
};

/// A rule's condition on the last number of the trap's OID, which distinguishes a vendor's traps.
struct NumberCondition {
    struct Range {
        std::uint32_t first = 0, last = 0;  ///< both included
    };
    std::vector<Range> ranges;  ///< any of them; empty: no condition
    std::uint32_t divisor = 1;  ///< the number divided by this leaves `remainder`
    std::uint32_t remainder = 0;

    [[nodiscard]] bool holdsFor(std::uint32_t number) const;
    [[nodiscard]] bool asksNothing() const { return ranges.empty() && divisor == 1; }
};

/// Defines which traps concern the same condition, so that a `cleared` trap closes the condition that another one
/// opened.
struct ConditionNaming {
    std::string name;         ///< empty: by the event's sensor, else by `group`, else each OID is a thing of its own
    std::uint32_t group = 0;  ///< so many neighbouring numbers, from `first` on, are about one thing; 0: not so
    std::uint32_t first = 0;
    std::vector<OidPattern> parts;  ///< varbinds that name the part: which fan, which memory module
};

/// How a rule determines the server that a trap concerns.
struct ServerLookup {
    enum class By { Source, AgentAddress, VarBind };
    By by = By::Source;
    Oid varbind;  ///< By::VarBind: its value is a server's identity (serial, UUID, name)
    std::optional<std::pair<unsigned, unsigned>>
        bytes;  ///< only these bytes (from, to; both included) of the octets, as hex
};

enum class RuleVerdict { Failure, NotAFailure, Ignored };

struct TrapRule {
    std::string name;
    std::string reason;                  ///< what the trap means, for people; becomes the verdict's reason
    std::vector<OidPattern> oids;        ///< any of them; empty asks nothing
    std::vector<NetworkPrefix> sources;  ///< any of them; empty asks nothing
    std::optional<PlatformEventCondition> platform_event;
    NumberCondition numbers;
    std::vector<ValueCondition> varbinds;  ///< all of them
    ServerLookup server;
    RuleVerdict verdict = RuleVerdict::NotAFailure;
    Grade grade = Grade::None;        ///< Failure exactly where the verdict is
    std::string kind;                 ///< of a failure: what broke, e.g. `processor`
    ConditionNaming condition;        ///< of what is degraded or cleared
    std::vector<OidPattern> message;  ///< varbinds whose text is appended to the reason

    /// Nullopt if the rule matches this trap, otherwise why it does not.
    [[nodiscard]] Mismatch mismatch(const Trap& trap, Words words) const;
};

/// Rules in the order of their file; the first match decides.
struct TrapRules {
    std::vector<TrapRule> rules;

    /// Strict: reports all problems at once as `file:line:column: key: what`.
    static base::Result<TrapRules> fromFile(const std::string& path);
    static base::Result<TrapRules> fromText(const std::string& text, const std::string& name);
};

std::string_view nameOf(RuleVerdict verdict);

}  // namespace standin::traps
