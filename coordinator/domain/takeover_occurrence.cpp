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
    if (course.gaveUp(ResumeStandIn)) {
        const std::string why = fmt::format("stand-in '{}' does not answer: {}", operation.stand_in.text(),
                                            course.problemOf(ResumeStandIn));
        return happened(
            Event::StandInUnusable, why,
            Note{
                "cold_path", Level::Warning, why + "; the job stands still until a spare is restored and started", {}});
    }
    if (isFenced(operation, course.observation().server) && course.done(ResumeStandIn)) {
        const bool unproved = course.find(ResumeStandIn)->finding == Finding::Unproved;
        return happened(Event::StandInReady,
                        fmt::format("{}, and the stand-in {}",
                                    course.done(FencePort) ? "the port is fenced" : "the power is off",
                                    unproved ? "runs" : "answers"),
                        unproved ? std::optional(unprovedNote(course)) : std::nullopt);
    }
    if (fenceFailed(course)) return fenceFailure(course);
    return std::nullopt;
}

}  // namespace standin::domain
