#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/traps/network_prefix.hpp"
#include "coordinator/traps/pet.hpp"
#include "coordinator/traps/value_condition.hpp"

namespace standin::traps {

/// What a rule asks of a Platform Event Trap; an empty set or nullopt asks nothing.
struct PlatformEventCondition {
    std::optional<std::uint8_t> sensor_type;
    std::optional<std::uint8_t> event_type;
    std::set<std::int64_t> offsets;
    std::optional<bool> deasserted;

    [[nodiscard]] Mismatch violation(const Oid& trap_oid, Words words) const;
};

/// Where a rule finds out which server a trap speaks of.
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
    std::vector<ValueCondition> varbinds;  ///< all of them
    ServerLookup server;
    RuleVerdict verdict = RuleVerdict::NotAFailure;
    std::string kind;  ///< of a failure: what broke, e.g. `processor`

    /// Nullopt if the rule speaks of this trap, else why it does not.
    [[nodiscard]] Mismatch mismatch(const Trap& trap, Words words) const;
};

/// Rules in the order of their file; the first that matches decides.
struct TrapRules {
    std::vector<TrapRule> rules;

    /// Strict: all problems at once as `file:line:column: key: what`.
    static base::Result<TrapRules> fromFile(const std::string& path);
    static base::Result<TrapRules> fromText(const std::string& text, const std::string& name);
};

std::string_view nameOf(RuleVerdict verdict);

}  // namespace standin::traps
