#pragma once

#include <deque>

#include "coordinator/engine/executor.hpp"

namespace standin::simulated {

/// Keeps tasks until they are asked for: the critical lane's first, each in order.
class SimulatedExecutor final : public engine::Executor {
  public:
    Ticket post(Task task) override {
        (task.lane == domain::Lane::Critical ? critical_ : ordinary_).push_back(std::move(task.run));
        return ++last_;
    }
    [[nodiscard]] bool idle() const { return critical_.empty() && ordinary_.empty(); }
    void runOne() {
        auto& lane = critical_.empty() ? ordinary_ : critical_;
        auto task = std::move(lane.front());
        lane.pop_front();
        task();
    }
    void forget() {
        critical_.clear();
        ordinary_.clear();
    }

  private:
    std::deque<std::function<void()>> critical_;
    std::deque<std::function<void()>> ordinary_;
    Ticket last_ = 0;
};

}  // namespace standin::simulated
