#pragma once

#include <functional>

#include "coordinator/domain/step.hpp"

namespace standin::engine {

/// Where steps are carried out. Real: threads. In a simulation: a queue.
class Executor {
  public:
    virtual ~Executor() = default;
    /// Runs the task some time, on some thread. Tasks of the critical lane never wait for those of the ordinary lane.
    virtual void post(domain::Lane lane, std::function<void()> task) = 0;
};

}  // namespace standin::engine
