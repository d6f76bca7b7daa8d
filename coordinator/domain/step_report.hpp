#pragma once

#include <map>
#include <string>

#include "agent/base/error.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// The report of one attempt, or one poll, of a step.
struct StepReport {
    enum class Kind {
        Done,     ///< confirmed
        Pending,  ///< begun; ask again
        Failed,   ///< with `error`; an error of code TimedOut means unknown
    };
    Kind kind = Kind::Done;
    base::Error error;
    std::string message;
    Finding finding = Finding::None;
    std::string found;
    double percent = 0;
    std::map<std::string, double> phases_ms;

    static StepReport done(std::string message) { return {Kind::Done, {}, std::move(message), {}, {}, 100, {}}; }
    static StepReport pending(std::string message, double percent = 0) {
        return {Kind::Pending, {}, std::move(message), {}, {}, percent, {}};
    }
    static StepReport failed(base::Error error) {
        const std::string message = error.message;
        return {Kind::Failed, std::move(error), message, {}, {}, 0, {}};
    }
    static StepReport failed(base::ErrorCode code, std::string message) {
        return failed(base::Error{code, std::move(message)});
    }
};

std::string_view nameOf(StepReport::Kind kind);
std::optional<StepReport::Kind> reportKindFrom(std::string_view name);

/// True if the operation waits for this attempt of the step. The report of any other attempt is obsolete.
bool isUnderWay(const Operation& operation, const StepId& step, unsigned attempt);

/// How many reports with the same content came before this one; the first of them ended at `first_ended`.
struct AlikeBefore {
    unsigned number = 0;
    base::WallTime first_ended{};
};

/// Applies the report of an attempt, or a poll, that is under way to the operation. Pure, as decide() is: a replayed
/// decision uses the same rule.
void applyReport(Operation& operation, const StepId& step, const StepReport& report, base::WallTime ended,
                 const AlikeBefore& before = {});

/// Records the operator's confirmation that the failed server is without power. It counts as the power fence.
void confirmPowerFence(Operation& operation, const std::string& asked_by, base::WallTime now);

}  // namespace standin::domain
