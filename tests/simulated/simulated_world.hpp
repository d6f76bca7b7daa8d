#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/protocol/hold.hpp"
#include "agent/protocol/image.hpp"
#include "agent/protocol/segment.hpp"
#include "agent/protocol/stand_in.hpp"
#include "coordinator/engine/drivers.hpp"
#include "tests/simulated/simulated_clock.hpp"

namespace standin::simulated {

/// What goes wrong with a verb.
enum class Fault {
    None,
    Unreachable,    ///< nobody is asked
    TimesOut,       ///< nothing happens, and no answer comes
    TimesOutAfter,  ///< it happens, and no answer comes
    Refuses,        ///< a definite no
};

/// The machines, the switch, the store and the holder, as simple as they can be and still be true; and what must never
/// happen, checked at every command. Safe to use from several threads by its drivers. Verbs are named `power.off
/// server01`, `segment.set job01`, `stand_in.state server01-1`, `restore.begin spare01`…; a fault is set for a verb
/// with or without its subject.
class SimulatedWorld {
  public:
    explicit SimulatedWorld(SimulatedClock& time) : clock(time) {}

    struct Machine {
        bool on = false;
        std::string disk;    ///< the image on it
        bool boots = true;   ///< its job answers once it is on
        bool hangs = false;  ///< it does not shut down when it is asked to
        std::string uuid{};  ///< as its power device tells it; empty: that cannot
    };
    struct VirtualMachine {
        protocol::StandIn stand_in;
        bool answers = true;
        std::uint64_t connections = 0;    ///< open ones, each poll of the requests ends one
        bool endless = false;             ///< they do not end
        std::uint64_t just_answered = 0;  ///< of them, those that have an answer
        bool seen = true;                 ///< all of them were seen from their beginning on
    };

    /// Counts the command, lets time pass, and says what goes wrong with it. `subject` as in the verb's name.
    Fault meet(const std::string& verb, const std::string& subject);
    /// `times` < 0: always.
    void fail(const std::string& verb, Fault fault, int times = -1);
    void heal(const std::string& verb) { faults_.erase(verb); }
    [[nodiscard]] int count(const std::string& verb) const;
    /// A breach of what must never happen.
    void breach(const std::string& what) { breaches.push_back(what); }
    /// Called after each effect, before its outcome is known to anybody.
    std::function<void(const std::string& verb, const std::string& subject)> after_effect;

    /// Called after each claim of an epoch that was granted, before who claims it knows.
    std::function<void()> after_claim;

    std::recursive_mutex mutex;  ///< held during each command
    SimulatedClock& clock;
    std::map<std::string, Machine> machines;  ///< servers and spares
    std::map<std::string, VirtualMachine> stand_ins;
    std::map<std::string, protocol::Segment> segments;
    std::map<std::string, std::vector<std::string>> owners;  ///< of each segment, every change
    std::map<std::string, protocol::Hold> holds;
    std::map<std::string, protocol::Image> images;
    std::map<std::string, protocol::Restore> restores;
    std::set<std::string> repaired;  ///< failed servers that may have their segments again
    std::map<std::string, std::string> server_of_segment;
    std::map<std::string, std::string> spare_of_disk;
    std::map<std::string, protocol::Disk> disks;  ///< as the image store tells them
    protocol::Capacity capacity;
    protocol::Leader leader;            ///< whom the agents obey
    int claims = 0;                     ///< of epochs
    int probes_to_miss = 0;             ///< so many probes yet get no answer, whoever is asked
    std::vector<std::string> told;      ///< what the operator was told
    std::vector<std::string> breaches;  ///< must stay empty
    std::vector<std::string> progress;  ///< every command that had its effect, in order
    std::chrono::microseconds command_takes{1000};

  private:
    std::map<std::string, std::pair<Fault, int>> faults_;
    std::map<std::string, int> counts_;
};

/// The engine's hands in that world.
engine::Drivers simulatedDrivers(SimulatedWorld& world, const engine::Inventory& inventory);

/// `servers` servers (`server01`…), `spares` spares (`spare01`…), one agent of each kind.
engine::Inventory simulatedInventory(int servers, int spares, domain::FencePolicy policy = domain::FencePolicy::Port);

/// Switches everything on, puts the images into the store.
void rehearsalSetup(SimulatedWorld& world, const engine::Inventory& inventory);

std::string numbered(const char* noun, int number);

}  // namespace standin::simulated
