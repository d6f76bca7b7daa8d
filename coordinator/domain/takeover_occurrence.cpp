#include <fmt/format.h>

#include "coordinator/domain/occurrences.hpp"

namespace standin::domain {

using enum StepName;
using Level = Note::Level;

bool fenceFailed(const Course& course) {
    if (course.observation().server.fence_policy == FencePolicy::Power) return course.gaveUp(FencePower);
    return course.gaveUp(FencePort) && course.gaveUp(FencePower);
}

Occurrence fenceFailure(const Course& course) {
    const auto& server = course.operation().server.text();
    const std::string why =
        fmt::format("server '{}' could not be fenced as its policy '{}' demands: port: {}; power: {}", server,
                    nameOf(course.observation().server.fence_policy),
                    course.done(FencePort) ? "fenced" : course.problemOf(FencePort), course.problemOf(FencePower));
    const std::string cure = fmt::format(
        "cut the power of server '{}' by hand, then confirm it: standinctl operation confirm-fence {}; "
        "or mend its BMC or switch and retry: standinctl operation retry {}",
        server, course.operation().id, course.operation().id);
    return {Event::FenceFailed, why, Note{"fence_failed", Level::Error, why, cure}, cure};
}

bool standInIsOutOfTheWay(const Course& course) {
    if (course.operation().stand_in.empty() || course.find(ResumeStandIn) == nullptr) return true;
    return course.observation().server.fence_policy == FencePolicy::Port || course.done(StopStandIn);
}

namespace {

/// It answered when it was prepared, and a job that stands still for the length of a restore would be the greater harm;
/// but somebody has to look.
Note unprovedNote(const Course& course) {
    const auto& server = course.observation().server;
    return {"stand_in_unproved", Level::Warning,
            fmt::format("the segment goes to a stand-in that could not be asked whether its job answers: {}",
                        course.problemOf(ResumeStandIn)),
            fmt::format("see that the job answers at {}, and look after request holder '{}'", server.address,
                        server.request_holder.text())};
}

/// After a retry: it has executed the job since the failure, and nobody could say now whether it still runs. Only a
/// clear 'no' is one (rule 6).
bool mayStillRun(const Course& course) {
    const Step* resume = course.find(ResumeStandIn);
    return course.operation().job_runs && course.gaveUp(ResumeStandIn) &&
           (resume->state == StepState::Unknown || base::isTransient(resume->error) ||
            resume->error == base::ErrorCode::Internal || resume->error == base::ErrorCode::Conflict);
}

Note unknownNote(const Course& course) {
    const auto& host = course.observation().server.vm_host.text();
    return {"stand_in_unknown", Level::Warning,
            fmt::format("whether stand-in '{}' still executes the job is not known, and a spare is prepared for it: {}",
                        course.operation().stand_in.text(), course.problemOf(ResumeStandIn)),
            fmt::format("look after VM host '{}': the job may stand still until the spare has it", host)};
}

Occurrence unusable(const Course& course) {
    const Operation& operation = course.operation();
    const std::string why =
        fmt::format("stand-in '{}' does not {}: {}", operation.stand_in.text(),
                    operation.job_runs ? "execute the job any more" : "answer", course.problemOf(ResumeStandIn));
    return happened(
        Event::StandInUnusable, why,
        Note{"cold_path",
             Level::Warning,
             why + "; it is asked on, and a spare is restored and started meanwhile: the job is down until one of "
                   "them answers",
             {}});
}

/// What the stand-in has to do with it when the server is fenced. A retry comes by here again.
std::string partOfStandIn(const Course& course) {
    const Operation& operation = course.operation();
    if (isReleased(operation)) return "the stand-in's part is over";
    if (mayStillRun(course)) return "whether the stand-in runs is not known";
    if (isHalfWay(course)) return "the stand-in has to get its requests back";
    if (operation.job_runs) return "the stand-in runs";
    return course.find(ResumeStandIn)->finding == Finding::Unproved ? "the stand-in runs" : "the stand-in answers";
}

}  // namespace

std::optional<Occurrence> takeoverOccurrence(const Course& course) {
    const Operation& operation = course.operation();
    if (operation.cold) return happened(Event::StandInUnusable, "the cold path goes on");
    if (operation.stand_in.empty()) {
        const std::string why = "no stand-in is ready";
        return happened(Event::StandInUnusable, why,
                        Note{"cold_path",
                             Level::Warning,
                             fmt::format("no stand-in of server '{}' is ready: the job stands still until a spare is "
                                         "restored and started",
                                         operation.server.text()),
                             {}});
    }
    const bool half_way = isHalfWay(course);
    const bool unknown = !half_way && mayStillRun(course);
    if (course.gaveUp(ResumeStandIn) && !unknown && !half_way) return unusable(course);
    if (isFenced(operation, course.observation().server) && (course.done(ResumeStandIn) || unknown || half_way)) {
        std::optional<Note> note;
        if (unknown) note = unknownNote(course);
        if (course.find(ResumeStandIn)->finding == Finding::Unproved && !operation.job_runs)
            note = unprovedNote(course);
        return happened(Event::StandInReady,
                        fmt::format("{}, and {}", course.done(FencePort) ? "the port is fenced" : "the power is off",
                                    partOfStandIn(course)),
                        note);
    }
    if (fenceFailed(course)) return fenceFailure(course);
    return std::nullopt;
}

}  // namespace standin::domain
