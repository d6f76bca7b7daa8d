#pragma once

#include <string>
#include <vector>

#include "agent/base/identifier.hpp"
#include "coordinator/traps/failure_report.hpp"
#include "coordinator/traps/server_directory.hpp"
#include "coordinator/traps/trap_condition.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

/// The classification of a trap, with the reason.
struct Verdict {
    enum class Outcome {
        Failure,        ///< a report went to the engine
        NotAFailure,    ///< a rule says so
        Ignored,        ///< a rule says so
        UnknownServer,  ///< it would be a failure, but of an unknown server
        NoRule,         ///< no rule matches
        Refused         ///< not accepted: malformed, wrong digest, not entitled to speak for the server…
    };
    Outcome outcome = Outcome::NoRule;
    std::string reason;       ///< one sentence
    std::string rule;         ///< name of the rule that decided; may be empty
    base::ServerName server;  ///< the server concerned, if known, also if it is not a failure
    std::string kind;         ///< what failed, for a failure
    Grade grade = Grade::None;
    ConditionKey condition{};                 ///< of what is degraded or cleared
    RefusalKind refusal = RefusalKind::None;  ///< of a refused trap
};

/// Pure: the first rule that matches decides. Rules are not applied to a trap that the listener refused. A trap whose
/// credentials do not speak for the server that it names, or whose content contradicts its source, is refused here.
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
