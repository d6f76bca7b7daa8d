#include "coordinator/domain/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/cancel/cancel_phase.hpp"

namespace standin::domain {

namespace {

using By = HeldWrites::By;
using On = Placement::On;

/// Follows one change; each part of the record has a function of its own.
class Consequences {
  public:
    Consequences(const Operation& operation, const Change& change, const ServerRecord& before)
        : operation_(operation), change_(change), before_(before) {}

    /// What a failover knows about its own time replaces what was known about the same disks; disks that are kept from
    /// earlier failovers stay.
    void noteWrites() {
        if (!isFailover() || (!takesFromServer() && before_.placement.on == On::Server)) return;
        auto writes = placement().writes;
        for (const auto& its : operation_.writes) {
            const auto known = std::find_if(writes.begin(), writes.end(), [&](const HeldWrites& one) {
                return one.by == its.by && one.holder == its.holder;
            });
            if (known == writes.end()) {
                writes.push_back(its);
            } else {
                *known = its;
            }
        }
        if (writes != placement().writes) replaceWrites(std::move(writes));
    }

    void movePlacement() {
        const On on = before_.placement.on;
        switch (change_.event) {
            case Event::FailureConfirmed:
            case Event::OperatorRetries:
                if (takesFromServer()) place(On::Nobody, {}, {});
                break;
            case Event::SegmentGiven:
                if (operation_.job_runs) place(On::StandIn, operation_.stand_in, {});
                break;
            case Event::StandInUnusable:
                // After a retry; the name stays, for what was done last is on its disk.
                if (on == On::StandIn) place(On::Nobody, operation_.stand_in, {});
                break;
            case Event::StandInFrozen:
            case Event::StandInLost:
                if (change_.to == State::ReleasingRequests) place(On::Nobody, operation_.stand_in, operation_.spare);
                break;
            case Event::RequestsReturned:
            case Event::HandoversExhausted:
                if (on == On::Nobody) place(On::StandIn, operation_.stand_in, {});
                break;
            case Event::SpareOwnsSegment:
                place(On::Spare, {}, operation_.spare);
                break;
            case Event::Undone:
                giveBack();
                break;
            case Event::VerifiesAgain:
                if (change_.from == State::TakingOver) giveBack();
                break;
            default:
                break;
        }
    }

    /// The stand-in's disk is deleted.
    void forgetWrites(const Server& server) {
        const bool unset = change_.event == Event::OldStandInRemoved && operation_.kind == OperationKind::Unset;
        const bool closed = change_.event == Event::ClosedUp && !keepsStandIn(operation_, server);
        if ((!unset && !closed) || operation_.stand_in.empty()) return;
        auto writes = placement().writes;
        const auto forgotten = std::erase_if(writes, [this](const HeldWrites& one) {
            return one.by == By::StandIn && one.holder == operation_.stand_in.text();
        });
        if (forgotten > 0) replaceWrites(std::move(writes));
    }

    /// Precondition: the server has a row.
    void changeRow() {
        switch (change_.event) {
            case Event::Begins:
                if (isFailover()) notReady(fmt::format("used by failover {}", operation_.id));
                break;
            case Event::CapacityThere:
                noteImageAge();
                break;
            case Event::CapacityForOne:
                noteImageAge();
                notReady("being replaced: the VM host has room for one stand-in only");
                break;
            case Event::NoDifference:
                confirmImage();
                break;
            case Event::ImageDiffers:
            case Event::ComparisonFailed:
                replaceImage();
                break;
            case Event::OldStandInRemoved:
                loseStandIn();
                break;
            case Event::Undone:
                takeStandInBack();
                break;
            case Event::StoodDown:
                keepStandIn();
                break;
            case Event::ClosedUp:
                operation_.confirmed ? loseStandIn() : keepStandIn();
                break;
            case Event::StandInAdopted:
                adoptStandIn();
                break;
            case Event::StandInDiscarded:
            case Event::CapacityLacks:
                if (!before_.row->standin_ready) row().note = change_.why;
                break;
            default:
                break;
        }
    }

    void releaseSpares() {
        if (change_.event != Event::ClosedUp && change_.event != Event::Undone) return;
        outcome.released = operation_.failed_spares;
        if (before_.placement.on != On::Spare && !operation_.spare.empty())
            outcome.released.push_back(operation_.spare);
    }

    void endReturn() { outcome.ends_return = isFailover() && change_.event == Event::Begins; }

    Outcome outcome;

  private:
    /// From here on the server executes its job no longer: its failure is confirmed, by evidence or by a person.
    [[nodiscard]] bool takesFromServer() const {
        if (change_.event == Event::FailureConfirmed) return true;
        return change_.event == Event::OperatorRetries && before_.placement.on == On::Server &&
               operation_.find(StepName::FencePort, operation_.server.text()) == nullptr;
    }
    [[nodiscard]] bool isFailover() const { return operation_.kind == OperationKind::Failover; }
    [[nodiscard]] const Placement& placement() const {
        return outcome.placement ? *outcome.placement : before_.placement;
    }
    SpareTableRow& row() {
        if (!outcome.row) outcome.row = before_.row;
        return *outcome.row;
    }

    void replaceWrites(std::vector<HeldWrites> writes) {
        outcome.placement = placement();
        outcome.placement->writes = std::move(writes);
    }
    /// Who has the job changes; what is on the disks does not.
    void place(On on, const base::StandInName& stand_in, const base::SpareName& spare) {
        outcome.placement = Placement{on, stand_in, spare, {}, placement().writes};
    }

    /// Nobody but the server has executed the job: what this failover noted about writes is void.
    void giveBack() {
        auto writes = placement().writes;
        std::erase_if(writes, [this](const HeldWrites& one) {
            return one.by == By::Server || (one.by == By::StandIn && one.holder == operation_.stand_in.text());
        });
        outcome.placement = Placement{On::Server, {}, {}, {}, std::move(writes)};
    }

    /// Rule 7: ready again only if it was never resumed, or is suspended again and that is confirmed.
    void takeStandInBack() {
        if (operation_.stand_in.empty() || before_.row->stand_in != operation_.stand_in) return;
        if (cancel::standInRests(operation_)) {
            row().standin_ready = true;
            row().note = row().stale ? before_.row->note : "";
        } else {
            notReady(fmt::format("not confirmed as suspended after failover {} was cancelled", operation_.id));
        }
    }

    void notReady(const std::string& note) {
        row().standin_ready = false;
        row().note = note;
    }
    /// The operation has learned from when the data of its image are.
    void noteImageAge() {
        const auto& known = *before_.row;
        if (known.image == operation_.image && operation_.image_at != base::WallTime{} &&
            known.image_at != operation_.image_at)
            row().image_at = operation_.image_at;
    }
    /// There was no difference: the stand-in's image is as the server was when it was captured again.
    void confirmImage() {
        if (before_.row->image != operation_.previous_image || operation_.image_at == base::WallTime{}) return;
        row().image_at = operation_.image_at;
        if (!before_.row->stale) row().stand_in_image_at = operation_.image_at;
    }
    void replaceImage() {
        const auto& known = *before_.row;
        if (known.image == operation_.image) return;
        if (!known.stand_in.empty()) {
            row().stale = true;
            row().note = madeFrom(known.image, operation_.image);
        }
        row().image = operation_.image;
        row().image_at = operation_.image_at;
    }
    void loseStandIn() {
        if (before_.row->stand_in != operation_.stand_in || operation_.stand_in.empty()) return;
        notReady("no stand-in");
        row().stand_in = {};
        row().stand_in_port = {};
    }
    /// Nobody has needed it: it is as it was, if it could be suspended again.
    void keepStandIn() {
        if (before_.row->stand_in != operation_.stand_in || operation_.stand_in.empty()) return;
        const Step* woken = operation_.find(StepName::WakeStandIn, operation_.stand_in.text());
        const Step* rested = operation_.find(StepName::RestStandIn, operation_.stand_in.text());
        const bool rests = woken == nullptr || (rested != nullptr && rested->state == StepState::Done);
        if (!rests) return notReady("it could not be suspended again");
        row().standin_ready = true;
        row().note.clear();
    }
    void adoptStandIn() {
        auto& its = row();
        its.stand_in = operation_.new_stand_in;
        its.stand_in_port = operation_.new_stand_in_port;
        its.stand_in_image_at = operation_.image_at;
        its.standin_ready = true;
        its.stale = its.image != operation_.image;
        its.note = its.stale ? madeFrom(operation_.image, its.image) : "";
    }
    static std::string madeFrom(const base::ImageId& image, const base::ImageId& wanted) {
        return fmt::format("made from image '{}', not from '{}'", image.text(), wanted.text());
    }

    const Operation& operation_;
    const Change& change_;
    const ServerRecord& before_;
};

}  // namespace

Outcome outcomeOf(const Operation& operation, const Change& change, const Server& server, const ServerRecord& before) {
    Consequences consequences(operation, change, before);
    if (server.job_data == JobData::Local) consequences.noteWrites();
    consequences.movePlacement();
    consequences.forgetWrites(server);
    if (before.row) consequences.changeRow();
    consequences.releaseSpares();
    consequences.endReturn();
    return std::move(consequences.outcome);
}

Outcomes outcomesOf(const Operation& operation, const std::vector<Change>& changes, const Server& server,
                    ServerRecord before) {
    Outcomes outcomes{{}, std::move(before)};
    for (const auto& change : changes) {
        auto outcome = outcomeOf(operation, change, server, outcomes.after);
        if (outcome.row) outcomes.after.row = outcome.row;
        if (outcome.placement) outcomes.after.placement = *outcome.placement;
        outcomes.each.push_back(std::move(outcome));
    }
    return outcomes;
}

Placement placementAfterReturn(const Placement& before) {
    Placement after;
    for (auto one : before.writes) {
        if (one.by != By::StandIn) continue;
        one.given_up = true;
        after.writes.push_back(std::move(one));
    }
    return after;
}

std::vector<HeldWrites> writesElsewhere(const Placement& placement, const Server& server) {
    std::vector<HeldWrites> elsewhere;
    if (server.job_data != JobData::Local) return elsewhere;
    for (const auto& one : placement.writes) {
        if (one.by != By::Server && !one.given_up) elsewhere.push_back(one);
    }
    if (!elsewhere.empty() || !placement.brought_back_by.empty()) return elsewhere;
    if (placement.on == On::StandIn) elsewhere.push_back({By::StandIn, placement.stand_in.text(), {}, {}, false});
    if (placement.on == On::Spare) elsewhere.push_back({By::Spare, placement.spare.text(), {}, {}, false});
    return elsewhere;
}

}  // namespace standin::domain
