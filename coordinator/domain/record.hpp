#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/outcome.hpp"
#include "coordinator/domain/step_report.hpp"

/// The record of an operation: what happened to it and what was decided, in order. Nothing else changes an operation,
/// so the same decisions can be made again from its record, on another host and later (`standinctl replay`).
namespace standin::domain {

/// A complete copy of the operation. The lines after it need nothing from before it.
struct WholeOperation {
    enum class Because {
        Opened,     ///< the record begins here
        Recovered,  ///< the coordinator was restarted: the operation as read from the journal, after recover()
        Joined,     ///< a further report was merged into it before its failure was confirmed
        Continued   ///< a new copy, so that older lines may be dropped
    };
    Because because = Because::Opened;
    Operation operation;
    Server server;                                 ///< as it was configured
    CaptureWay capture_way = CaptureWay::Restart;  ///< as it was configured
    std::string version;                           ///< version of the program that decided
};

/// The report of an attempt, or a poll, of a step.
struct ReportTaken {
    StepId step;
    unsigned attempt = 0;
    StepReport report;
    base::WallTime ended{};
    unsigned alike = 0;  ///< number of equal reports before it, which are not kept because they led to nothing but the
                         ///< next poll or attempt
    base::WallTime first_ended{};  ///< when the first of those ended; meaningful if there are any
};

/// The server's row and its job's placement, before and after a decision's changes of state. Between two decisions both
/// may change: operators, the watch and other operations change them as well.
struct RecordedOutcome {
    std::optional<ServerRecord> before;  ///< absent: as after the decision before this one
    std::optional<ServerRecord> after;   ///< absent: the same as before
};

/// An event from outside that accept() applied.
struct EventAccepted {
    Event event{};
    std::string why;
    std::vector<Change> changes;
    bool discard_data = false;               ///< OperatorCloses: the stand-in's data may be lost
    std::optional<RecordedOutcome> outcome;  ///< absent: nothing changed, or it was not recorded
};

struct FenceConfirmed {
    std::string asked_by;
};

/// See domain::setAside().
struct SetAside {
    std::string why;
    std::string cure;
};

struct StepStart {
    StepId id;
    unsigned attempt = 0;
    bool poll = false;
    bool operator==(const StepStart&) const = default;
};

/// The part of an Observation that changes while an operation runs.
struct Circumstances {
    std::vector<base::SpareName> spares;
    std::vector<base::SpareName> leased;
    bool restore_turn = true;
    bool power_on_under_way = false;
    std::chrono::milliseconds spare_boot_within{};
    std::chrono::milliseconds spare_power_within{};
    bool capture_turn = true;
    std::string rack_failover{};
    SiteRestraint site{};
    bool operator==(const Circumstances&) const = default;
};

/// A call of decide() that changed the state or started steps.
struct Decided {
    std::optional<Circumstances> circumstances;  ///< absent: the same as for the decision before
    std::vector<Change> changes;
    std::vector<StepStart> starts;
    std::optional<RecordedOutcome> outcome;  ///< absent: nothing changed, or it was not recorded
};

struct RecordLine {
    /// Counts from 0. A repeated number replaces the line with that number and all lines after it.
    std::uint32_t number = 0;
    base::WallTime at{};
    std::variant<WholeOperation, ReportTaken, EventAccepted, FenceConfirmed, Decided, SetAside> what;
};

/// The steps that a decision starts, in order.
inline std::vector<StepStart> startsOf(const Verdict& decision) {
    std::vector<StepStart> starts;
    if (const auto* start = std::get_if<Start>(&decision.action)) {
        for (const auto& step : start->steps) starts.push_back({step.id, step.attempt, step.poll});
    }
    return starts;
}

inline Circumstances circumstancesOf(const Observation& observation) {
    return {observation.spares,
            observation.leased,
            observation.restore_turn,
            observation.power_on_under_way,
            observation.spare_boot_within,
            observation.spare_power_within,
            observation.capture_turn,
            observation.rack_failover,
            observation.site};
}

}  // namespace standin::domain
