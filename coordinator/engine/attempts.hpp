#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "agent/base/clock.hpp"
#include "coordinator/domain/spare_table.hpp"
#include "coordinator/domain/step.hpp"
#include "coordinator/engine/executor.hpp"

namespace standin::engine {

/// State of an attempt, shared by the engine's thread and the thread that executes the attempt.
struct AttemptProgress {
    std::atomic<base::SteadyTime> begun{base::SteadyTime{}};  ///< epoch: no thread has started it yet
    std::atomic<bool> given_up{false};  ///< the engine no longer waits for it: it must start nothing more
};

/// A running attempt, or poll, of a step.
struct Attempt {
    std::uint64_t sequence = 0;  ///< unlike the attempt's number, each poll has its own
    domain::OperationId operation = 0;
    domain::StepId step;
    unsigned number = 0;
    std::string whom;
    std::chrono::milliseconds deadline{};
    Executor::Ticket ticket = 0;
    std::shared_ptr<AttemptProgress> progress;
};

/// The running attempts, and for each the time by which it has to have reported (rule 8).
class Attempts {
  public:
    void add(Attempt attempt, base::WallTime look_at);
    /// False: the engine no longer waits for this attempt.
    bool end(std::uint64_t sequence);
    [[nodiscard]] std::optional<base::WallTime> next() const {
        return in_order_.empty() ? std::nullopt : std::optional(in_order_.begin()->first);
    }
    /// Removes and returns the overdue attempt that is due first; nullopt: no attempt is overdue.
    std::optional<Attempt> takeDue(base::WallTime now);
    void clear();

  private:
    struct Entry {
        Attempt attempt;
        base::WallTime look_at;
    };
    std::map<std::uint64_t, Entry> by_sequence_;
    std::set<std::pair<base::WallTime, std::uint64_t>> in_order_;
};

}  // namespace standin::engine
