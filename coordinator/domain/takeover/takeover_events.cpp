#include <fmt/format.h>

#include "coordinator/domain/fence.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain::takeover {

using enum StepName;
using Level = Note::Level;

namespace {

/// It answered when it was prepared, and a job that is down for the length of a restore would be the greater harm;
/// but somebody has to look.
Note unprovedNote(const OperationProgress& progress) {
    const auto& server = progress.observation().server;
    return {"stand_in_unproved", Level::Warning,
            fmt::format("the segment goes to a stand-in that could not be asked whether its job answers: {}",
                        progress.problemOf(ResumeStandIn)),
            fmt::format("see that the job answers at {}, and look after request holder '{}'", server.address,
                        server.request_holder.text())};
}

/// After a retry: it has executed the job since the failure, and nobody could say now whether it still runs. Only a
/// clear 'no' is one (rule 6).
bool mayStillRun(const OperationProgress& progress) {
    const Step* resume = progress.find(ResumeStandIn);
    return progress.operation().job_runs && progress.gaveUp(ResumeStandIn) &&
           (resume->state == StepState::Unknown || base::isTransient(resume->error) ||
            resume->error == base::ErrorCode::Internal || resume->error == base::ErrorCode::Conflict);
}

Note unknownNote(const OperationProgress& progress) {
    const auto& host = progress.observation().server.vm_host.text();
    return {"stand_in_unknown", Level::Warning,
            fmt::format("whether stand-in '{}' still executes the job is not known, and a spare is prepared for it: {}",
                        progress.operation().stand_in.text(), progress.problemOf(ResumeStandIn)),
            fmt::format("look after VM host '{}': the job may be down until the spare has it", host)};
}

DetectedEvent unusable(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const std::string why =
        fmt::format("stand-in '{}' does not {}: {}", operation.stand_in.text(),
                    operation.job_runs ? "execute the job any more" : "answer", progress.problemOf(ResumeStandIn));
    return happened(
        Event::StandInUnusable, why,
        Note{"cold_path",
             Level::Warning,
             why + "; it is asked on, and a spare is restored and started meanwhile: the job is down until one of "
                   "them answers",
             {}});
}

/// What the stand-in has to do with it when the server is fenced. A retry comes by here again.
std::string partOfStandIn(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (handover::isReleased(operation)) return "the stand-in's part is over";
    if (mayStillRun(progress)) return "whether the stand-in runs is not known";
    if (handover::isHalfWay(progress)) return "the stand-in has to get its requests back";
    if (operation.job_runs) return "the stand-in runs";
    return progress.find(ResumeStandIn)->finding == Finding::Unproved ? "the stand-in runs" : "the stand-in answers";
}

/// What is reported of the takeover: who executes the job, and from when its data are.
Note takeoverNote(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const auto& server = progress.observation().server;
    const bool local = server.job_data == JobData::Local;
    std::string sentence =
        fmt::format("stand-in '{}' executes the job of server '{}': {}", operation.stand_in.text(),
                    operation.server.text(), dataSentence(server, operation.stand_in_image_at, progress.now()));
    if (local)
        sentence += fmt::format("; what server '{}' has written since is on its own disk only", server.name.text());
    return {"takeover", local ? Level::Warning : Level::Notice, std::move(sentence), {}};
}

std::optional<DetectedEvent> whileTakingOver(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (operation.verify_again) return happened(Event::VerifiesAgain, "it has waited, and its evidence is old");
    if (operation.cold) return happened(Event::StandInUnusable, "the cold path goes on");
    if (operation.stand_in.empty()) {
        const std::string why = "no stand-in is ready";
        return happened(Event::StandInUnusable, why,
                        Note{"cold_path",
                             Level::Warning,
                             fmt::format("no stand-in of server '{}' is ready: the job is down until a spare is "
                                         "restored and started",
                                         operation.server.text()),
                             {}});
    }
    const bool half_way = handover::isHalfWay(progress);
    const bool unknown = !half_way && mayStillRun(progress);
    if (progress.gaveUp(ResumeStandIn) && !unknown && !half_way) return unusable(progress);
    if (isFenced(operation, progress.observation().server) && (progress.done(ResumeStandIn) || unknown || half_way)) {
        std::optional<Note> note;
        if (unknown) note = unknownNote(progress);
        if (progress.find(ResumeStandIn)->finding == Finding::Unproved && !operation.job_runs)
            note = unprovedNote(progress);
        return happened(Event::StandInReady,
                        fmt::format("{}, and {}", progress.done(FencePort) ? "the port is fenced" : "the power is off",
                                    partOfStandIn(progress)),
                        note);
    }
    if (fenceFailed(progress)) return fenceFailure(progress);
    return std::nullopt;
}

/// A retry comes by here again, with the segment where the handover has left it.
std::optional<DetectedEvent> whileGivingSegment(const OperationProgress& progress) {
    if (progress.done(GiveSegment)) {
        if (handover::isHalfWay(progress)) return happened(Event::SegmentGiven, "it was given to the stand-in before");
        return happened(Event::SegmentGiven, "the stand-in owns the segment", takeoverNote(progress));
    }
    // After a retry: whether it runs is not known, and nobody has taken the segment from it.
    if (progress.gaveUp(ResumeStandIn)) return happened(Event::SegmentGiven, "the stand-in keeps the segment");
    if (progress.gaveUp(GiveSegment)) return segmentRefused(progress, GiveSegment);
    return std::nullopt;
}

}  // namespace

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    switch (progress.operation().state) {
        case State::Verifying:
            return whileVerifying(progress);
        case State::StandingDown:
            return whileStandingDown(progress);
        case State::TakingOver:
            return whileTakingOver(progress);
        default:
            return whileGivingSegment(progress);
    }
}

}  // namespace standin::domain::takeover
