#pragma once

#include <cstdint>

#include "coordinator/journal/journal.hpp"
#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

class World;

/// Rule 8: an attempt that no longer reports ends at its deadline, even if the thread that carries it out hangs.
class RunningSteps {
  public:
    explicit RunningSteps(World& world) : world_(world) {}
    /// Before the entry is written: what it begins is looked at again when it has to have ended.
    void begin(const journal::Entry& entry);
    /// A coordinator was started, killed or stopped: steps begun before were not watched.
    void interrupt() { ++interruptions_; }
    [[nodiscard]] std::uint64_t interruptions() const { return interruptions_; }
    /// The journal took nothing.
    void notWritten();

  private:
    void lookAgain(domain::OperationId id, const domain::StepId& step, unsigned attempt) const;

    World& world_;
    std::uint64_t interruptions_ = 0;
    VirtualTime not_written_at_{-1'000'000'000};
};

}  // namespace standin::simulation
