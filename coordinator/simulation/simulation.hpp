#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coordinator/simulation/coordinator.hpp"
#include "coordinator/simulation/script.hpp"
#include "coordinator/simulation/trap_path.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

// How it works, and why so.
//
// The engine, its journal's records and its decisions are the shipping code. Simulated are the things around it:
// agents, machines, networks, disks, clients and time. Time is a queue of events; the next event runs when all that the
// one before caused has come to rest, and the clock jumps to it. So a failover of an hour takes a millisecond, and
// nothing depends on the speed of the machine.
//
// All chance comes from one seed, and each question to chance is drawn by what it is about, not by how many were drawn
// before: a change in one place does not shuffle the rest of the run.
//
// The rules of FLOW.md are checked after every event in which something changed, on the world's own truth (who owns the
// segment, whose power is on, which request was answered by whom), not on what the coordinator believes. `soak` runs
// random incidents, scenarios are written by hand, and the crash sweep kills the coordinator at every record that it
// writes and compares the end.

/// How a simulation ended.
struct Ending {
    bool stable = false;  ///< everything is at rest
    VirtualTime at{};
    std::vector<Breach> breaches;
};

/// A world, the coordinators in it, and a script that is played to them. With the same config and script everything
/// happens again in the same way, on every machine.
class Simulation {
  public:
    enum class Log { Off, On };
    explicit Simulation(WorldConfig config, Log log = Log::On);
    ~Simulation();

    /// Has the script's actions done when they are due. InvalidInput: an action that does not exist, or names nothing.
    base::Result<void> play(const Script& script);
    /// Plays on until the script is over and everything is at rest, or for `most` of virtual time; then holds the end
    /// against the rules.
    Ending run(VirtualTime most = std::chrono::hours(48));

    /// One event. False: there is none.
    bool step();
    /// Until it is true (returned), or for `most` of virtual time.
    bool runUntil(const std::function<bool()>& is, VirtualTime most = std::chrono::hours(48));
    [[nodiscard]] bool atRest() const;

    WorldConfig config;
    World world;
    /// `one` leads at the beginning; `two` is started by a script.
    Coordinator one{world, "one"};
    Coordinator two{world, "two"};
    TrapPath traps;
    /// The one that started last, if it runs; what is sent to the coordinator reaches this one. One that runs from a
    /// backup has another host: nobody sends it anything.
    Coordinator& leader();
    /// The script actions that were done, in order.
    struct Done {
        VirtualTime at{};
        std::uint64_t records = 0;  ///< that were durable by then
        Action action;
    };
    [[nodiscard]] const std::vector<Done>& done() const { return done_; }
    /// As part of the script: nothing is at rest before it is done.
    void later(VirtualTime delay, std::function<void()> what);

  private:
    std::vector<Done> done_;
    std::size_t due_ = 0;  ///< actions with a time that is still to come
};

}  // namespace standin::simulation
