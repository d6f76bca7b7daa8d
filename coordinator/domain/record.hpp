#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/step_report.hpp"

/// The record of an operation: in order, what happened to it and what was decided. Nothing else moves an operation, so
/// the same decisions can be made again from it, elsewhere and later (`standinctl replay`).
namespace standin::domain {

/// The operation whole. What follows needs nothing from before.
struct WholeOperation {
    enum class Because {
        Opened,     ///< it begins here
        Recovered,  ///< the coordinator was started again: what the journal had, after recover()
        Continued   ///< so that lines before it may be dropped
    };
    Because because = Because::Opened;
    Operation operation;
    Server server;                                 ///< as it was configured
    CaptureWay capture_way = CaptureWay::Restart;  ///< likewise
    std::string version;                           ///< of the program whose rules decided
};

/// What came of an attempt, or a poll, of a step.
struct ReportTaken {
    StepId step;
    unsigned attempt = 0;
    StepReport report;
    base::WallTime ended{};
    unsigned alike = 0;  ///< so many before it said the same and led to nothing but the next one; they are not kept
    base::WallTime first_ended{};  ///< of the first of those; meaningful if there are any
};

/// An event from outside that accept() took.
struct EventAccepted {
    Event event{};
    std::string why;
    std::vector<Change> changes;
    bool discard_data = false;  ///< OperatorCloses: the stand-in's data need not be kept
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

/// The part of an Observation that changes while an operation goes on.
struct Circumstances {
    std::vector<base::SpareName> spares;
    std::vector<base::SpareName> leased;
    bool restore_turn = true;
    bool power_on_under_way = false;
    std::chrono::milliseconds spare_boot_within{};
    std::chrono::milliseconds spare_power_within{};
    bool capture_turn = true;
    std::string rack_failover{};
    bool operator==(const Circumstances&) const = default;
};

/// A decide() that changed the state or started something.
struct Decided {
    std::optional<Circumstances> circumstances;  ///< absent: as with the decision before
    std::vector<Change> changes;
    std::vector<StepStart> starts;
};

struct RecordLine {
    /// Counts from 0. A number that comes again replaces the line that had it, and all after that one.
    std::uint32_t number = 0;
    base::WallTime at{};
    std::variant<WholeOperation, ReportTaken, EventAccepted, FenceConfirmed, Decided, SetAside> what;
};

/// What a decision starts, in order.
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
            observation.rack_failover};
}

}  // namespace standin::domain
