// A report is a claim: what the steps of the state Verifying have found out, and what follows from it.
#include <fmt/format.h>

#include "coordinator/domain/evidence/judge.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain::takeover {

using enum StepName;
using Level = Note::Level;

namespace {

/// A person who asks for a failover has looked; no policy asks once more.
bool isByPerson(const Operation& operation) {
    return operation.asked_by.starts_with("operator ");
}

EvidencePolicy policyOf(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    return isByPerson(operation) ? EvidencePolicy::Trap
                                 : progress.observation().server.evidence.policyFor(operation.failure);
}

bool canAskJob(const Server& server) {
    return !server.request_holder.empty() && !server.holder_ports.back.empty();
}

void noteUnknown(Evidence& evidence, const OperationProgress& progress, StepName step, const char* place) {
    if (!progress.attempted(step)) return;
    if (!evidence.unknown.empty()) evidence.unknown += "; ";
    evidence.unknown += fmt::format("{}: {}", place, progress.problemOf(step));
}

Finding findingOf(const OperationProgress& progress, StepName step) {
    const Step* found = progress.find(step);
    return found == nullptr ? Finding::None : found->finding;
}

void readPort(Evidence& evidence, const OperationProgress& progress) {
    switch (findingOf(progress, AskPort)) {
        case Finding::NoCarrier:
            evidence.carrier = Evidence::Carrier::Lost;
            break;
        case Finding::Carrier:
            evidence.carrier = Evidence::Carrier::There;
            break;
        case Finding::Frames:
            evidence.carrier = Evidence::Carrier::There;
            evidence.frames = Evidence::Frames::Seen;
            break;
        case Finding::Silent:
            evidence.carrier = Evidence::Carrier::There;
            evidence.frames = Evidence::Frames::None;
            break;
        default:
            noteUnknown(evidence, progress, AskPort, "switch");
    }
}

double part(const Step& step, const char* name) {
    const auto found = step.phases_ms.find(name);
    return found == step.phases_ms.end() ? 0 : found->second;
}

void readJob(Evidence& evidence, const OperationProgress& progress) {
    const Step* asked = progress.find(AskJob);
    switch (findingOf(progress, AskJob)) {
        case Finding::Answers:
            evidence.job = Evidence::Job::Answers;
            evidence.job_answered_after_ms = asked->since_failure_ms + part(*asked, "answer");
            break;
        case Finding::Silent:
            evidence.job = Evidence::Job::Silent;
            evidence.job_silent_for = std::chrono::milliseconds(static_cast<std::int64_t>(part(*asked, "silent")));
            break;
        default:
            noteUnknown(evidence, progress, AskJob, "job");
    }
}

void readPower(Evidence& evidence, const OperationProgress& progress) {
    switch (findingOf(progress, AskPower)) {
        case Finding::Off:
            evidence.power = Evidence::Power::IsOff;
            break;
        case Finding::On:
            evidence.power = Evidence::Power::IsOn;
            break;
        default:
            noteUnknown(evidence, progress, AskPower, "power");
    }
}

/// A coordinator that was down for long asks at least once before it calls a person.
bool isAsked(const OperationProgress& progress) {
    const Step* first = progress.find(AskPort);
    return first != nullptr && first->ended != base::WallTime{};
}

bool hasSpare(const OperationProgress& progress) {
    return !progress.observation().spares.empty() && !progress.operation().image.empty();
}

/// Somebody can take the job as far as is known: then the server may be fenced (rule 9).
enum class Remedy { There, Awaited, None };

Remedy remedyOf(const OperationProgress& progress) {
    if (progress.observation().server.fence_always || hasSpare(progress)) return Remedy::There;
    if (progress.operation().stand_in.empty() || progress.gaveUp(WakeStandIn)) return Remedy::None;
    const bool hangs = progress.attempted(WakeStandIn) && !progress.done(WakeStandIn);
    return hangs ? Remedy::Awaited : Remedy::There;
}

DetectedEvent nobodyCanTakeOver(const OperationProgress& progress, const std::string& by) {
    const Operation& operation = progress.operation();
    const std::string stand_in = operation.stand_in.empty()
                                     ? "no stand-in is ready"
                                     : fmt::format("stand-in '{}' does not resume: {}", operation.stand_in.text(),
                                                   progress.problemOf(WakeStandIn));
    return needsOperator(
        progress, Event::FenceWithheld, "nobody_can_take_over",
        fmt::format("server '{}' has failed ({}), and nobody can take its job: {}, and no spare can be "
                    "restored; nothing was fenced",
                    operation.server.text(), by, stand_in),
        "set a spare that can be restored, or mend the stand-in's VM host");
}

DetectedEvent refuted(const OperationProgress& progress, const std::string& by) {
    const Operation& operation = progress.operation();
    const std::string why = fmt::format("{} said of server '{}': {}; but {}", operation.asked_by,
                                        operation.server.text(), operation.cause, by);
    const auto suspicion = std::chrono::ceil<std::chrono::minutes>(progress.observation().server.evidence.suspicion);
    return happened(Event::FailureRefuted, why,
                    Note{"refuted", Level::Warning, why + ": nothing was fenced",
                         fmt::format("look after server '{}'; for {} min a single further sign suffices to fail over",
                                     operation.server.text(), suspicion.count())});
}

DetectedEvent unverified(const OperationProgress& progress, const std::string& known) {
    const Operation& operation = progress.operation();
    const auto& server = operation.server.text();
    const std::string why =
        fmt::format("{} said of server '{}': {}; whether that is so is not certain enough to fence it: {}",
                    operation.asked_by, server, operation.cause, known);
    const std::string cure = fmt::format(
        "look after server '{}'; where it has failed, let its stand-in take over: standinctl operation retry {}; "
        "otherwise: standinctl operation close {}",
        server, operation.id, operation.id);
    return {Event::FenceWithheld, why, Note{"unverified", Level::Error, why, cure}, cure};
}

/// A person decides, and is called as soon as there is something to decide by.
bool isGathered(const OperationProgress& progress) {
    const bool asked = progress.attempted(AskJob) || !canAskJob(progress.observation().server);
    return asked && progress.attempted(AskPort);
}

EvidenceRule ruleOf(const OperationProgress& progress) {
    const auto& settings = progress.observation().server.evidence;
    return {policyOf(progress), settings.silent_after, progress.operation().suspected, decideBy(progress)};
}

}  // namespace

Evidence evidenceOf(const OperationProgress& progress) {
    Evidence evidence;
    readPort(evidence, progress);
    readJob(evidence, progress);
    readPower(evidence, progress);
    return evidence;
}

base::WallTime decideBy(const OperationProgress& progress) {
    const Step* first = progress.find(AskPort);
    const auto since = first == nullptr || first->state == StepState::Planned ? progress.now() : first->first_started;
    return since + progress.observation().server.evidence.decide_within;
}

void verifyingSteps(StepList& steps, const OperationProgress& progress) {
    if (policyOf(progress) != EvidencePolicy::Trap) {
        steps.add(AskPort);
        if (canAskJob(progress.observation().server)) steps.add(AskJob);
        // Its devices are asked by processes, which start slowly on processors that the takeover needs: where the port
        // has lost its carrier, nobody waits for them.
        if (progress.attempted(AskPort)) steps.add(AskPower);
    }
    if (!progress.operation().stand_in.empty()) steps.add(WakeStandIn);
}

std::optional<DetectedEvent> whileVerifying(const OperationProgress& progress) {
    const EvidenceRule rule = ruleOf(progress);
    const Judgement judgement = judge(evidenceOf(progress), rule, progress.now());
    switch (judgement.kind) {
        case Judgement::Kind::Confirmed:
            switch (remedyOf(progress)) {
                case Remedy::There:
                    return happened(Event::FailureConfirmed, "confirmed by evidence: " + judgement.by);
                case Remedy::Awaited:
                    return std::nullopt;
                case Remedy::None:
                    return nobodyCanTakeOver(progress, judgement.by);
            }
            return std::nullopt;
        case Judgement::Kind::Refuted:
            if (progress.operation().verify_again)
                return happened(Event::VerifiesAgain, "reported again after its job was asked");
            return refuted(progress, judgement.by);
        case Judgement::Kind::Undecided:
            break;
    }
    const bool person_decides = rule.policy == EvidencePolicy::Operator && isGathered(progress);
    if (person_decides || (!judgement.until && isAsked(progress))) return unverified(progress, judgement.by);
    return std::nullopt;
}

std::optional<DetectedEvent> whileWithheld(const OperationProgress& progress) {
    const Judgement judgement = judge(evidenceOf(progress), ruleOf(progress), progress.now());
    if (judgement.kind == Judgement::Kind::Refuted) return refuted(progress, judgement.by);
    if (judgement.kind != Judgement::Kind::Confirmed || remedyOf(progress) != Remedy::There) return std::nullopt;
    return happened(Event::FailureConfirmed, "confirmed by evidence: " + judgement.by);
}

std::optional<DetectedEvent> whileStandingDown(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (wasWoken(operation) && !progress.concluded(RestStandIn)) return std::nullopt;
    if (operation.verify_again) return happened(Event::VerifiesAgain, "reported again while it stood down");
    return happened(Event::StoodDown, operation.why, notRestedNote(progress));
}

std::optional<Note> notRestedNote(const OperationProgress& progress) {
    if (!wasWoken(progress.operation()) || progress.done(RestStandIn)) return std::nullopt;
    const auto& server = progress.observation().server;
    return Note{"stand_in_not_rested", Level::Error,
                fmt::format("stand-in '{}' could not be suspended again, and may run on in quarantine: {}",
                            progress.operation().stand_in.text(), progress.problemOf(RestStandIn)),
                fmt::format("look after VM host '{}', then: standinctl spare prepare {}", server.vm_host.text(),
                            server.name.text())};
}

bool wasWoken(const Operation& operation) {
    return operation.find(WakeStandIn, operation.stand_in.text()) != nullptr;
}

}  // namespace standin::domain::takeover
