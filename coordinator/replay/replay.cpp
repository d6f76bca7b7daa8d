#include "coordinator/replay/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/assertion.hpp"
#include "coordinator/domain/recover.hpp"
#include "coordinator/domain/set_aside.hpp"
#include "coordinator/replay/differences.hpp"

namespace standin::replay {

using namespace domain;

namespace {

/// Goes through a record line by line, as the coordinator did.
class Reader {
  public:
    explicit Reader(Replay& replay) : replay_(replay) {}

    base::Result<void> read(const RecordLine& line) {
        const bool whole = std::holds_alternative<WholeOperation>(line.what);
        if (!begun_ && !whole) {
            return base::failure(base::ErrorCode::Corrupt,
                                 fmt::format("line {} of the record has nothing to go on from", line.number));
        }
        ReplayedLine replayed;
        replayed.number = line.number;
        replayed.at = line.at;
        const std::uint32_t expected = begun_ ? last_ + 1 : 0;
        if (line.number < expected) {
            return base::failure(base::ErrorCode::Corrupt,
                                 fmt::format("line {} of the record comes after line {}", line.number, last_));
        }
        if (line.number > expected) {
            replayed.dropped_before = line.number - expected;
            replay_.dropped += replayed.dropped_before;
            if (!whole) {
                return base::failure(base::ErrorCode::Corrupt,
                                     fmt::format("lines {} to {} of the record are missing, and line {} does not say "
                                                 "where the operation stood",
                                                 expected, line.number - 1, line.number));
            }
        }
        std::visit([&](const auto& what) { take(what, replayed); }, line.what);
        last_ = line.number;
        replay_.lines.push_back(std::move(replayed));
        return {};
    }

  private:
    void take(const WholeOperation& whole, ReplayedLine& replayed) {
        if (std::find(replay_.versions.begin(), replay_.versions.end(), whole.version) == replay_.versions.end())
            replay_.versions.push_back(whole.version);
        const bool follows = begun_ && replayed.dropped_before == 0 && !diverged_;
        if (whole.because == WholeOperation::Because::Recovered) {
            replayed.sentences = {"the coordinator was started again"};
            if (follows) recover(operation(), observation_, replayed.at);
        } else if (whole.because == WholeOperation::Because::Joined) {
            replayed.sentences = {fmt::format("a further report was merged, {} by now", whole.operation.reports)};
        } else if (whole.because == WholeOperation::Because::Continued) {
            replayed.sentences = {"written whole again"};
        } else {
            replayed.sentences = {fmt::format("opened by {}: {}", whole.operation.asked_by, whole.operation.cause)};
        }
        const bool is_known = whole.because != WholeOperation::Because::Joined;  // what was merged is not derived
        if (follows && is_known) judge(replayed, differences(whole.operation, operation()));
        operation() = whole.operation;
        observation_ = {};
        observation_.server = whole.server;
        observation_.capture_way = whole.capture_way;
        server_.reset();
        server_known_ = true;
        begun_ = true;
        diverged_ = false;  // from here on the operation's state is known again
    }

    void take(const ReportTaken& taken, ReplayedLine& replayed) {
        replayed.sentences = {fmt::format("{} '{}' {}: {}", nameOf(taken.step.name), taken.step.subject,
                                          nameOf(taken.report.kind), taken.report.message)};
        if (taken.alike > 0) replayed.sentences.push_back(fmt::format("{} times before it said the same", taken.alike));
        if (diverged_) return;
        auto& step = operation().at(taken.step);
        // Attempts that are not kept were made nevertheless.
        if (taken.alike > 0 && step.state == StepState::Running) step.attempts = taken.attempt;
        if (!isUnderWay(operation(), taken.step, taken.attempt)) {
            judge(replayed, {fmt::format("then: attempt {} was waited for; now: it is not", taken.attempt)});
            return;
        }
        applyReport(operation(), taken.step, taken.report, taken.ended, {taken.alike, taken.first_ended});
    }

    void take(const EventAccepted& accepted, ReplayedLine& replayed) {
        replayed.sentences = {fmt::format("{}: {}", nameOf(accepted.event), accepted.why)};
        for (auto& text : sentencesOf(accepted.changes, {})) replayed.sentences.push_back(std::move(text));
        ++replay_.decisions;
        if (leaveOut(replayed)) return;
        if (accepted.discard_data) operation().discard_data = true;
        auto decision = accept(operation(), accepted.event, accepted.why, replayed.at);
        judge(replayed, differences(accepted.changes, decision ? decision->changes : std::vector<Change>{}));
        if (decision) operation() = std::move(decision->after);
        judgeOutcome(replayed, accepted.outcome, accepted.changes);
    }

    void take(const FenceConfirmed& confirmed, ReplayedLine& replayed) {
        replayed.sentences = {fmt::format("power fence confirmed by {}", confirmed.asked_by)};
        if (!diverged_) confirmPowerFence(operation(), confirmed.asked_by, replayed.at);
    }

    void take(const SetAside& set_aside, ReplayedLine& replayed) {
        replayed.sentences = {set_aside.why};
        if (!diverged_) setAside(operation(), set_aside.why, set_aside.cure, replayed.at);
    }

    void take(const Decided& decided, ReplayedLine& replayed) {
        replayed.sentences = sentencesOf(decided.changes, decided.starts);
        ++replay_.decisions;
        if (decided.circumstances) {
            observation_.spares = decided.circumstances->spares;
            observation_.leased = decided.circumstances->leased;
            observation_.restore_turn = decided.circumstances->restore_turn;
            observation_.power_on_under_way = decided.circumstances->power_on_under_way;
            observation_.spare_boot_within = decided.circumstances->spare_boot_within;
            observation_.spare_power_within = decided.circumstances->spare_power_within;
            observation_.capture_turn = decided.circumstances->capture_turn;
            observation_.rack_failover = decided.circumstances->rack_failover;
            observation_.site = decided.circumstances->site;
        }
        if (leaveOut(replayed)) return;
        auto decision = decide(operation(), observation_, replayed.at);
        auto found = differences(decided.changes, decision.changes);
        for (auto& text : differences(decided.starts, startsOf(decision))) found.push_back(std::move(text));
        judge(replayed, std::move(found));
        operation() = std::move(decision.after);
        judgeOutcome(replayed, decided.outcome, decided.changes);
    }

    /// Row and placement. After a difference they are known again from the next line that records them.
    void judgeOutcome(ReplayedLine& replayed, const std::optional<RecordedOutcome>& recorded,
                      const std::vector<Change>& changes) {
        if (changes.empty()) return;
        if (!recorded || diverged_) {
            server_.reset();
            server_known_ = false;
            return;
        }
        if (recorded->before) {
            server_ = recorded->before;
            server_known_ = true;
        }
        if (!server_known_) return;
        if (!server_) {
            differs(replayed, {"row and placement before the decision: then: not recorded"});
            server_known_ = false;
            return;
        }
        const auto& then = recorded->after ? *recorded->after : *server_;
        auto now = outcomesOf(operation(), changes, observation_.server, *server_).after;
        if (auto found = differences(then, now); !found.empty()) {
            differs(replayed, std::move(found));
            server_known_ = false;
        }
        server_ = std::move(now);
    }

    bool leaveOut(ReplayedLine& replayed) {
        if (!diverged_) return false;
        replayed.verdict = ReplayedLine::Verdict::NotCompared;
        ++replay_.not_compared;
        return true;
    }

    void judge(ReplayedLine& replayed, std::vector<std::string> found) {
        replayed.verdict = ReplayedLine::Verdict::Same;
        if (found.empty()) return;
        differs(replayed, std::move(found));
        diverged_ = true;
    }

    void differs(ReplayedLine& replayed, std::vector<std::string> found) {
        if (replay_.first_difference.empty())
            replay_.first_difference = fmt::format("line {}: {}", replayed.number, found.front());
        ++replay_.different;
        replayed.verdict = ReplayedLine::Verdict::Differs;
        replayed.differences = std::move(found);
    }

    Operation& operation() { return replay_.operation; }

    Replay& replay_;
    Observation observation_;
    bool begun_ = false;
    std::optional<ServerRecord> server_;  ///< row and placement after the last decision; nullopt: not read yet
    bool server_known_ = false;           ///< false: an earlier line differed or did not record them
    bool diverged_ = false;               ///< these rules took another way
    std::uint32_t last_ = 0;
};

// A record that was changed by hand may say what cannot be; that is no reason to stop.
base::Result<void> readHeld(Reader& reader, const RecordLine& line) {
    const base::AssertionsThrow instead_of_stopping;
    try {
        return reader.read(line);
    } catch (const base::FalseAssertion& impossible) {
        return base::failure(base::ErrorCode::Corrupt,
                             fmt::format("line {} of the record cannot follow from those before it ({} does not hold)",
                                         line.number, impossible.what()));
    }
}

}  // namespace

base::Result<Replay> replay(const std::vector<RecordLine>& record) {
    Replay replayed;
    Reader reader(replayed);
    for (const auto& line : record) {
        if (auto read = readHeld(reader, line); !read) return base::failure(read.error());
    }
    if (record.empty()) return base::failure(base::ErrorCode::Corrupt, "the record is empty");
    return replayed;
}

std::string_view nameOf(ReplayedLine::Verdict verdict) {
    switch (verdict) {
        case ReplayedLine::Verdict::Told:
            return "told";
        case ReplayedLine::Verdict::Same:
            return "same";
        case ReplayedLine::Verdict::Differs:
            return "differs";
        case ReplayedLine::Verdict::NotCompared:
            return "not_compared";
    }
    return "told";
}

}  // namespace standin::replay
