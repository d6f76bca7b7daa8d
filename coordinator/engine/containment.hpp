#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/engine/turns.hpp"

namespace standin::engine {

/// An operation that brings the coordinator down, or on which nothing can be decided, must not take all others with it:
/// it is set aside until an operator asks for it.
class Containment {
  public:
    Containment(EngineState& state, Turns& turns) : state_(state), turns_(turns) {}

    /// What earlier coordinators died of: it is not touched again unless somebody asks.
    void recover(std::map<domain::OperationId, unsigned> crashes);
    /// Entries of the journal that cannot be read.
    void recover(const std::vector<journal::Unreadable>& entries);

    /// Does the operation's work; if that throws, sets it aside.
    void contain(domain::OperationId id, const std::function<void()>& work);
    [[nodiscard]] bool isSetAside(domain::OperationId id) const { return set_aside_.count(id) > 0; }
    /// A person has looked at it: it has another chance, and a single further crash ends that.
    void takeBack(domain::OperationId id);

  private:
    void setAside(domain::OperationId id, const std::string& problem);

    EngineState& state_;
    Turns& turns_;
    std::set<domain::OperationId> set_aside_;
    std::map<domain::OperationId, unsigned> crashes_;
};

}  // namespace standin::engine
