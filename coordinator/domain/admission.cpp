#include "coordinator/domain/admission.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/outcome.hpp"
#include "coordinator/domain/transitions.hpp"

namespace standin::domain {

using base::Error;
using base::ErrorCode;
using base::failure;
using base::Result;
using On = Placement::On;

namespace {

/// Leaves room in a stand-in's name for the operation's id.
constexpr std::size_t longest_server_name = 42;

Result<void> isConfigured(const ServerFacts& facts) {
    if (facts.server != nullptr) return {};
    return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", facts.name.text()));
}

Result<void> notObserved(const ServerFacts& facts) {
    if (facts.observed.empty()) return {};
    return failure(ErrorCode::WrongState, facts.observed);
}

Result<void> hasItsJob(const ServerFacts& facts) {
    if (facts.placement.on == On::Server) return {};
    return failure(ErrorCode::WrongState, fmt::format("the job of server '{}' is executed by {}; bring it back first",
                                                      facts.name.text(), executorOf(facts.placement)));
}

/// A stand-in on a machine that is somebody's spare would keep that from being used (S106, S184).
Result<void> hostIsNoSpare(const ServerFacts& facts, const Lease* host_lease) {
    if (host_lease == nullptr) return {};
    return failure(
        ErrorCode::Conflict,
        fmt::format("VM host '{}' of server '{}' is spare '{}', and that is {}; name another vm_host for the "
                    "server, or another spare",
                    facts.server->vm_host.text(), facts.name.text(), host_lease->spare.text(), host_lease->reason));
}

/// Nobody is known to execute the job, but somebody may: closing would delete or give back the machine that does (rule
/// 6).
bool mayHaveGivenSegment(const ServerFacts& facts, const Operation& operation) {
    if (facts.placement.on != On::Nobody) return false;
    return std::any_of(operation.steps.begin(), operation.steps.end(), [](const Step& step) {
        const bool gives = step.id.name == StepName::GiveSegment || step.id.name == StepName::GiveSegmentToSpare;
        return gives && step.attempts > 0 && step.state != StepState::Done;
    });
}

/// An operator who brings a job back switches its server on: a capture that wants it off would cut its power then (rule
/// 9).
Result<void> notSwitchedOff(const ServerFacts& facts, const Operation* capture) {
    if (capture == nullptr) return {};
    return failure(
        ErrorCode::Conflict,
        fmt::format("{} {} of server '{}' switches it off for a capture: it is {}; wait for its end: "
                    "standinctl operation watch {}",
                    nameOf(capture->kind), capture->id, facts.name.text(), nameOf(capture->state), capture->id));
}

Result<void> losesNothing(const ServerFacts& facts) {
    const auto elsewhere = writesElsewhere(facts.placement, *facts.server);
    if (elsewhere.empty()) return {};
    return failure(ErrorCode::WrongState,
                   fmt::format("server '{}' would go on without what was written on {}; carry over what is needed, or "
                               "give it up: standinctl returned {} --discard-data",
                               facts.name.text(), sentenceOf(elsewhere), facts.name.text()));
}

}  // namespace

std::string executorOf(const Placement& placement) {
    switch (placement.on) {
        case On::Server:
            return "the server itself";
        case On::Nobody:
            return "nobody";
        case On::StandIn:
            return placement.stand_in.empty() ? "a stand-in" : fmt::format("stand-in '{}'", placement.stand_in.text());
        case On::Spare:
            return placement.spare.empty() ? "a spare" : fmt::format("spare '{}'", placement.spare.text());
    }
    return "nobody";
}

Error notClosed(const Operation& operation) {
    const char* const cure = isResting(operation.state) ? "close it first: standinctl operation close"
                                                        : "wait for its end: standinctl operation watch";
    return {ErrorCode::Conflict,
            fmt::format("{} {} of server '{}' is not closed: it is {}; {} {}", nameOf(operation.kind), operation.id,
                        operation.server.text(), nameOf(operation.state), cure, operation.id)};
}

Result<void> mayBegin(const ServerFacts& facts, const OperationFacts& asked) {
    if (auto known = isConfigured(facts); !known) return known;
    const auto& name = facts.name.text();
    if (name.size() > longest_server_name) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("the name of server '{}' is too long for a stand-in's: at most {} characters", name,
                                   longest_server_name));
    }
    if (auto acts = notObserved(facts); !acts) return acts;
    if (facts.open != nullptr) return failure(notClosed(*facts.open));
    if (auto has = hasItsJob(facts); !has) return has;
    if (auto stays = notBeingReturned(facts); !stays) return stays;
    const bool captures = asked.kind == OperationKind::Backup || asked.kind == OperationKind::Refresh;
    const bool restarts = captures && asked.capture_way == CaptureWay::Restart;
    if (restarts && !asked.rack_failover.empty()) {
        return failure(ErrorCode::Conflict,
                       fmt::format("server '{}' is not switched off for a capture while its rack has a failure: {}; "
                                   "ask again when it has ended",
                                   name, asked.rack_failover));
    }
    return asked.kind == OperationKind::Backup ? Result<void>() : hostIsNoSpare(facts, asked.host_lease);
}

Result<void> mayPrepare(const ServerFacts& facts, const OperationFacts& asked) {
    auto may = mayBegin(facts, asked);
    if (!may || asked.kind == OperationKind::Backup) return may;
    const auto& name = facts.name.text();
    if (facts.row == nullptr) {
        return failure(
            ErrorCode::WrongState,
            fmt::format("server '{}' has no row in the spare table; set a spare first: standinctl spare set {}", name,
                        name));
    }
    if (asked.kind == OperationKind::Prepare && facts.row->image.empty()) {
        return failure(
            ErrorCode::WrongState,
            fmt::format("the row of server '{}' names no image; capture one first: standinctl image backup {}", name,
                        name));
    }
    return {};
}

std::string reportRefusal(const ServerFacts& facts, const ReportFacts& reported) {
    const auto& name = facts.name.text();
    if (auto known = isConfigured(facts); !known) return known.error().message;
    if (!facts.observed.empty()) return facts.observed;
    if (reported.in_maintenance) return fmt::format("server '{}' is in maintenance: {}", name, reported.maintenance);
    if (facts.placement.on != On::Server) {
        return fmt::format("the job of server '{}' is executed by {}, not by the server", name,
                           executorOf(facts.placement));
    }
    if (facts.row == nullptr) {
        return fmt::format(
            "server '{}' has no row in the spare table, nothing can take its job; set a spare: standinctl spare set {}",
            name, name);
    }
    if (reported.by_operator) return {};
    if (!facts.held_off.empty()) return facts.held_off;
    return reported.restart;  // an operator knows what is going on
}

/// The failure of a server that has its job again must not be passed over in silence.
std::string unhandled(const ServerFacts& facts) {
    const auto& failover = *facts.failover;
    if (!isResting(failover.state) || facts.placement.on != On::Server || !failover.confirmed) return {};
    return fmt::format(
        "failover {} is not closed although server '{}' has its job again; close it: "
        "standinctl operation close {}, then ask for a failover: standinctl failover {}",
        failover.id, facts.name.text(), failover.id, facts.name.text());
}

std::string restartSentence(const Operation& capture, const Server& server) {
    const bool can_be_asked = !server.holder_ports.back.empty();
    return fmt::format(
        "{} {} restarts server '{}' for a capture, and what its restart causes is no failure; {}", nameOf(capture.kind),
        capture.id, server.name.text(),
        can_be_asked ? "its job is asked when it has had its time to boot, and a failover begins if it does not answer"
                     : fmt::format("nobody can ask its job, for it has no request holder; if it does not answer "
                                   "afterwards: standinctl failover {}",
                                   server.name.text()));
}

Result<void> mayRetry(const ServerFacts& facts, const Operation& operation) {
    if (auto stays = notBeingReturned(facts); !stays) return stays;
    // Its fences are confirmed, but of a server that was repaired since: nothing would keep the two apart.
    if (operation.kind == OperationKind::Failover && facts.placement.on == On::Server && operation.confirmed) {
        return failure(ErrorCode::WrongState,
                       fmt::format("server '{}' executes its job again; close it: standinctl operation close {}",
                                   operation.server.text(), operation.id));
    }
    if (successor(operation.kind, operation.state, Event::OperatorRetries)) return {};
    return failure(ErrorCode::WrongState,
                   fmt::format("{} {} is {}; only a failover that needs the operator or has failed is retried",
                               nameOf(operation.kind), operation.id, nameOf(operation.state)));
}

Result<void> mayConfirmFence(const ServerFacts& facts, const Operation& operation) {
    if (operation.kind != OperationKind::Failover || !isOpen(operation) || operation.state == State::Closing) {
        return failure(ErrorCode::WrongState,
                       fmt::format("{} {} is {}; only an open failover has a fence to confirm", nameOf(operation.kind),
                                   operation.id, nameOf(operation.state)));
    }
    // What it leads to is admitted first: a confirmation that is refused has changed nothing.
    return operation.state == State::NeedsOperator ? mayRetry(facts, operation) : Result<void>();
}

Result<void> mayClose(const ServerFacts& facts, const Operation& operation) {
    const auto id = operation.id;
    const auto& placement = facts.placement;
    const bool has_its_stand_in = placement.stand_in == operation.stand_in && isOpen(operation);
    if (placement.on == On::StandIn && has_its_stand_in) {
        return failure(ErrorCode::Conflict, fmt::format("failover {} cannot be closed while stand-in '{}' executes the "
                                                        "job; retry it with a spare, or bring the job back to the "
                                                        "server and say so: standinctl returned {}",
                                                        id, operation.stand_in.text(), operation.server.text()));
    }
    if (placement.on == On::Nobody && has_its_stand_in && !placement.stand_in.empty()) {
        return failure(
            ErrorCode::Conflict,
            fmt::format("failover {} cannot be closed: nobody executes the job, and what was done last is "
                        "on stand-in '{}'{}; retry it, or bring the job back to the server and say so: "
                        "standinctl returned {}",
                        id, operation.stand_in.text(),
                        placement.spare.empty()
                            ? ""
                            : fmt::format(" and, as far as it was handed over, on spare '{}'", placement.spare.text()),
                        operation.server.text()));
    }
    if (mayHaveGivenSegment(facts, operation)) {
        return failure(
            ErrorCode::Conflict,
            fmt::format("failover {} cannot be closed: segment '{}' was ordered to be given away, and nobody "
                        "confirmed or denied it, so somebody may execute the job; retry it, or bring the job "
                        "back to the server and say so: standinctl returned {}",
                        id, facts.server->segment.text(), operation.server.text()));
    }
    if (successor(operation.kind, operation.state, Event::OperatorCloses)) return {};
    return failure(ErrorCode::WrongState, fmt::format("{} {} is {}; only a failover at rest is closed",
                                                      nameOf(operation.kind), id, nameOf(operation.state)));
}

Result<void> mayDiscardKept(const ServerFacts& facts, const Operation& closed) {
    const auto& writes = facts.placement.writes;
    const bool kept = std::any_of(writes.begin(), writes.end(), [&](const HeldWrites& one) {
        return one.by == HeldWrites::By::StandIn && one.holder == closed.stand_in.text();
    });
    if (!kept) {
        return failure(ErrorCode::WrongState,
                       fmt::format("failover {} is closed, and no disk of it is kept any more", closed.id));
    }
    return facts.open == nullptr ? Result<void>() : failure(notClosed(*facts.open));
}

Result<void> notBeingReturned(const ServerFacts& facts) {
    if (!facts.returning) return {};
    const auto& its = *facts.returning;
    const std::string cure =
        its.gave_up ? fmt::format("; see that agent '{}' answers, then ask for it again: standinctl returned {}",
                                  facts.server->switch_agent.text(), facts.name.text())
                    : "";
    return failure(ErrorCode::Conflict,
                   fmt::format("the job of server '{}' is being brought back to it, as {} has asked{}{}",
                               facts.name.text(), its.asked_by, its.problem.empty() ? "" : ": " + its.problem, cure));
}

Result<void> mayReturn(const ServerFacts& facts, const ReturnFacts& asked) {
    if (auto known = isConfigured(facts); !known) return known;
    if (auto acts = notObserved(facts); !acts) return acts;
    if (facts.returning && !facts.returning->gave_up) return notBeingReturned(facts);
    if (facts.open != nullptr && facts.open->kind == OperationKind::Unset)
        return failure(notClosed(*facts.open));  // it orders the segment, too
    if (auto stays = notSwitchedOff(facts, asked.capture); !stays) return stays;
    const auto* failover = facts.failover;
    if (failover != nullptr && !isResting(failover->state)) {
        return failure(ErrorCode::Conflict,
                       fmt::format("failover {} is going on: it is {}", failover->id, nameOf(failover->state)));
    }
    if (failover != nullptr && !failover->confirmed) {
        return failure(
            ErrorCode::Conflict,
            fmt::format("failover {} still verifies the failure of server '{}', and would fence it; close it "
                        "first: standinctl operation close {}",
                        failover->id, facts.name.text(), failover->id));
    }
    if (failover != nullptr && asked.retires_holder) {
        return failure(ErrorCode::Conflict,
                       fmt::format("failover {} still orders the segment of server '{}' for spare '{}', whose last "
                                   "connections go through the holder; close it first: standinctl operation close {}",
                                   failover->id, facts.name.text(), failover->spare.text(), failover->id));
    }
    return asked.discard_data ? Result<void>() : losesNothing(facts);
}

bool isSet(const ServerFacts& facts, const SpareFacts& asked) {
    return facts.row != nullptr && facts.row->spare == asked.name && facts.row->image == asked.image;
}

Result<void> maySetSpare(const ServerFacts& facts, const SpareFacts& asked) {
    if (auto known = isConfigured(facts); !known) return known;
    const auto& server = *facts.server;
    const auto& name = asked.name.text();
    if (asked.spare == nullptr) return failure(ErrorCode::NotFound, fmt::format("spare '{}' is not configured", name));
    if (asked.spare->switch_agent != server.switch_agent || asked.spare->image_store != server.image_store) {
        return failure(
            ErrorCode::Refused,
            fmt::format("spare '{}' is not reached by the switch '{}' and the image store '{}' of server '{}'", name,
                        server.switch_agent.text(), server.image_store.text(), facts.name.text()));
    }
    if (auto acts = notObserved(facts); !acts) return acts;
    if (isSet(facts, asked)) return {};
    if (facts.open != nullptr) return failure(notClosed(*facts.open));
    if (asked.image_being_removed)
        return failure(ErrorCode::Conflict, fmt::format("image '{}' is being deleted", asked.image.text()));
    if (asked.carried.empty()) return {};
    return failure(ErrorCode::Refused,
                   fmt::format("spare '{}' carries {} on its VM host '{}', and could not be taken while it does; "
                               "take another spare, or another vm_host for that server",
                               name, asked.carried, asked.spare->vm_host.text()));
}

Result<void> mayUnset(const ServerFacts& facts, const SpareTable& table) {
    if (facts.open != nullptr) return failure(notClosed(*facts.open));
    if (auto may = table.mayUnset(facts.name); !may) return may;
    if (auto stays = notBeingReturned(facts); !stays) return stays;
    if (auto acts = notObserved(facts); !acts) return acts;
    return hasItsJob(facts);  // what its stand-in wrote would be lost with it
}

}  // namespace standin::domain
