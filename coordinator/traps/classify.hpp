#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/base/identifier.hpp"
#include "coordinator/traps/failure_report.hpp"
#include "coordinator/traps/trap_condition.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

/// Maps addresses and identities (serial number, UUID, name) to servers. Ambiguous entries are refused.
class ServerDirectory {
  public:
    /// Conflict: another server has it already. InvalidInput: it is not an address.
    base::Result<void> addAddress(const base::ServerName& server, std::string_view address);
    /// Letter case and dashes are ignored: `4C4C4544-004B…` is `4c4c4544004b…`.
    base::Result<void> addIdentity(const base::ServerName& server, std::string_view identity);

    [[nodiscard]] std::optional<base::ServerName> byAddress(std::string_view address) const;
    [[nodiscard]] std::optional<base::ServerName> byIdentity(std::string_view identity) const;

  private:
    std::unordered_map<std::string, base::ServerName> addresses_, identities_;
};

/// The classification of a trap, with the reason.
struct Verdict {
    enum class Outcome {
        Failure,        ///< a report went to the engine
        NotAFailure,    ///< a rule says so
        Ignored,        ///< a rule says so
        UnknownServer,  ///< it would be a failure, but of an unknown server
        NoRule,         ///< no rule matches
        Refused         ///< not accepted: malformed, wrong community, wrong digest…
    };
    Outcome outcome = Outcome::NoRule;
    std::string reason;       ///< one sentence
    std::string rule;         ///< name of the rule that decided; may be empty
    base::ServerName server;  ///< the server concerned, if known, also if it is not a failure
    std::string kind;         ///< what failed, for a failure
    Grade grade = Grade::None;
    ConditionKey condition{};  ///< of what is degraded or cleared
};

/// Pure: the first rule that matches decides. Rules are not applied to a refused trap.
Verdict classify(const Trap& trap, const TrapRules& rules, const ServerDirectory& servers);

/// How classify() came to its verdict, rule by rule up to the one that decided.
struct Explanation {
    struct Line {
        std::string rule;
        bool matched = false;
        std::string why;  ///< why it does not match, or what it says
    };
    std::vector<Line> lines;
    Verdict verdict;
};
Explanation explain(const Trap& trap, const TrapRules& rules, const ServerDirectory& servers);

std::string_view nameOf(Verdict::Outcome outcome);
Verdict::Outcome outcomeFrom(std::string_view name);

}  // namespace standin::traps
