#pragma once

#include <map>
#include <string>

#include "agent/base/error.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// What a step says: observed, acted, observed.
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

/// True while this attempt of the step is waited for; what comes of any other has been overtaken.
bool isUnderWay(const Operation& operation, const StepId& step, unsigned attempt);

/// So many reports that said the same came before this one, the first of them at `first_ended`.
struct AlikeBefore {
    unsigned number = 0;
    base::WallTime first_ended{};
};

/// What an attempt, or a poll, that is under way means to the operation. Pure, as decide() is: a decision made again
/// later rests on the same rule.
void applyReport(Operation& operation, const StepId& step, const StepReport& report, base::WallTime ended,
                 const AlikeBefore& before = {});

/// The operator's word that the failed server is without power: it counts as the power fence.
void confirmPowerFence(Operation& operation, const std::string& asked_by, base::WallTime now);

}  // namespace standin::domain
