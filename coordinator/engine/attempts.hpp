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

/// What the engine's thread and the thread that carries out an attempt know of each other.
struct AttemptProgress {
    std::atomic<base::SteadyTime> begun{base::SteadyTime{}};  ///< epoch: no thread has come to it yet
    std::atomic<bool> given_up{false};                        ///< nobody waits for it: it begins nothing more
};

/// An attempt, or a poll, of a step that is on its way.
struct Attempt {
    std::uint64_t sequence = 0;  ///< unlike the attempt's number one of its own for each poll
    domain::OperationId operation = 0;
    domain::StepId step;
    unsigned number = 0;
    std::string whom;
    std::chrono::milliseconds deadline{};
    Executor::Ticket ticket = 0;
    std::shared_ptr<AttemptProgress> progress;
};

/// The attempts that are on their way, and when each has to be looked at if it has not reported (rule 8).
class Attempts {
  public:
    void add(Attempt attempt, base::WallTime look_at);
    /// False: it is not waited for any more.
    bool end(std::uint64_t sequence);
    [[nodiscard]] std::optional<base::WallTime> next() const {
        return in_order_.empty() ? std::nullopt : std::optional(in_order_.begin()->first);
    }
    /// The one that has to be looked at first, which is removed; nothing: none has.
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
