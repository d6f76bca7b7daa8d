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

/// Which server an address or an identity (serial number, UUID, name) belongs to. Ambiguity is refused, not guessed.
class ServerDirectory {
  public:
    /// Conflict if another server has it already; InvalidInput if the address is none.
    base::Result<void> addAddress(const base::ServerName& server, std::string_view address);
    /// Letter case and dashes do not count: `4C4C4544-004B…` is `4c4c4544004b…`.
    base::Result<void> addIdentity(const base::ServerName& server, std::string_view identity);

    [[nodiscard]] std::optional<base::ServerName> byAddress(std::string_view address) const;
    [[nodiscard]] std::optional<base::ServerName> byIdentity(std::string_view identity) const;

  private:
    std::unordered_map<std::string, base::ServerName> addresses_, identities_;
};

/// What became of a trap, and why.
struct Verdict {
    enum class Outcome {
        Failure,        ///< a report went to the engine
        NotAFailure,    ///< a rule says so
        Ignored,        ///< a rule says so
        UnknownServer,  ///< it would be a failure, but of no server that is known here
        NoRule,         ///< no rule speaks of it
        Refused         ///< not believed: malformed, wrong community, wrong digest…
    };
    Outcome outcome = Outcome::NoRule;
    std::string reason;       ///< one sentence
    std::string rule;         ///< name of the rule that decided; may be empty
    base::ServerName server;  ///< whom it speaks of, if known, also when it is no failure
    std::string kind;         ///< what broke, of a failure
    Grade grade = Grade::None;
    ConditionKey condition{};  ///< of what is degraded or cleared
};

/// Pure: the first rule that matches decides. A refused trap is never held against rules.
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
