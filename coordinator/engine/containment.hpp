#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/engine/turns.hpp"

namespace standin::engine {

/// Contains the damage of a faulty operation. An operation that crashes the coordinator, or on which deciding fails,
/// must not affect the others: it is set aside until an operator retries it.
class Containment {
  public:
    Containment(EngineState& state, Turns& turns) : state_(state), turns_(turns) {}

    /// Sets aside the operations that crashed earlier coordinators, until an operator retries them.
    void recover(std::map<domain::OperationId, unsigned> crashes);
    /// Reports the entries of the journal that cannot be read.
    void recover(const std::vector<journal::Unreadable>& entries);
    /// Sets an operation aside until the machine that it needs is configured again (missing_machine.hpp).
    void setAsideWithout(const std::string& missing, const domain::Operation& operation);

    /// Calls `work` for the operation; if that throws, sets the operation aside.
    void contain(domain::OperationId id, const std::function<void()>& work);
    [[nodiscard]] bool isSetAside(domain::OperationId id) const { return set_aside_.count(id) > 0; }
    /// Gives the operation another chance after a person has looked at it; a single further crash ends that.
    void takeBack(domain::OperationId id);

  private:
    void setAside(domain::OperationId id, const std::string& problem);
    void setAside(domain::OperationId id, const std::string& why, const std::string& cure);

    EngineState& state_;
    Turns& turns_;
    std::set<domain::OperationId> set_aside_;
    std::map<domain::OperationId, unsigned> crashes_;
};

}  // namespace standin::engine
