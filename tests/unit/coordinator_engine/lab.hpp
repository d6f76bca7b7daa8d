#pragma once

#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/simulation/simulation.hpp"

namespace standin {

using simulation::Boot;
using simulation::Mishap;

/// A small world in which nothing happens by itself: no client asks anything, and no watch looks.
/// The coordinator's limits are those of a configuration without such settings.
simulation::WorldConfig labConfig(simulation::Layout layout);

/// The shipping engine in a simulated world: servers whose stand-ins are ready, faults, and what an operator asks.
/// Commands and faults have the simulation's names: `segment.set`, or of one subject `segment.set/job01`. At its end no
/// rule may be broken, and every operation is decided again from its record.
class Lab {
  public:
    explicit Lab(int servers = 1, int spares = 1, domain::FencePolicy policy = domain::FencePolicy::Port);
    explicit Lab(simulation::WorldConfig config);
    ~Lab();
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;

    // The coordinator and time.
    /// Starts it (again) from the journal, and waits until it has gone on with what it found there.
    void start();
    void kill() { one.kill(); }
    /// The coordinator dies in the moment of the nth: a command's effect, `record`, or `before/record`.
    void killAt(const std::string& mark, unsigned nth = 1);
    /// Until nothing is under way or due any more, or the coordinator has died, or for `most`.
    void run(std::chrono::seconds most = std::chrono::hours(24));
    /// Fails the test if it does not become true.
    void runUntil(const std::function<bool()>& is);
    void runUntil(domain::OperationId id, const std::string& state);
    void pass(std::chrono::milliseconds time);
    [[nodiscard]] base::WallTime now() const { return world.clock.wall(); }
    /// Has `request` done on the engine's thread, and waits until what comes of it is durable, or could not be made so.
    template <typename Request>
    auto ask(Request request);

    // What operators, traps and the watch ask for.
    void protectAll();
    base::Result<domain::OperationId> request(domain::OperationKind kind, const std::string& server = "server01");
    base::Result<void> retry(domain::OperationId id, const std::string& asked_by = "operator ada");
    base::Result<void> confirmFence(domain::OperationId id);
    base::Result<void> close(domain::OperationId id, bool discard_data = false);
    base::Result<void> setSpare(const std::string& server, const std::string& spare);
    base::Result<domain::OperationId> setSpareAndPrepare(const std::string& server, const std::string& spare,
                                                         const std::string& image);
    base::Result<domain::OperationId> unsetSpare(const std::string& server = "server01");
    base::Result<void> setMaintenance(bool on);
    base::Result<void> mayReturn(bool discard_data = false);
    /// What came of it is in `returned`.
    base::Result<void> beginReturn(bool discard_data = false);
    /// As an honest operator: the server is repaired, and the machines that may have its job are stopped.
    void repair();
    bool bringBack();
    void standInLost();
    void deposeOne(const std::string& why);
    engine::Engine::ReportOutcome report(const std::string& server, const std::string& kind = "processor",
                                         const std::string& by = "trap 1");
    /// Its hardware fails, and is reported.
    domain::OperationId fail(const std::string& server, const std::string& kind = "processor");
    domain::Operation failAndRun(const std::string& server = "server01");

    // Faults.
    /// `times` 0: always.
    void disturb(const std::string& target, Mishap mishap, unsigned times = 0);
    void heal(const std::string& target) { world.network.heal(target); }
    /// The job on this machine leaves so many probes unanswered.
    void missProbes(const std::string& machine, unsigned number);
    /// As if another coordinator had commanded every agent.
    void obeyAnother(std::uint64_t epoch);

    // What came of it.
    [[nodiscard]] const engine::StatusBoard& board() const { return one.board(); }
    [[nodiscard]] domain::Operation operation(domain::OperationId id) const { return board().operation(id).value(); }
    [[nodiscard]] domain::Operation last() const { return board().operations(1).at(0); }
    [[nodiscard]] std::optional<domain::SpareTableRow> row(const std::string& server = "server01") const;
    [[nodiscard]] domain::Placement placement() const;
    [[nodiscard]] std::string standIn(const std::string& server = "server01") const;
    /// What was logged of the operation's states.
    [[nodiscard]] std::vector<std::string> changesOf(domain::OperationId id) const;
    [[nodiscard]] bool told(const std::string& part) const { return timesTold(part) > 0; }
    [[nodiscard]] std::ptrdiff_t timesTold(const std::string& part) const;
    [[nodiscard]] unsigned count(const std::string& command) const { return world.network.count(command); }
    [[nodiscard]] std::vector<domain::RecordLine>& record(domain::OperationId id) {
        return world.disk.record_lines[id];
    }

    // The world.
    [[nodiscard]] domain::Server& server(const std::string& name = "server01");
    [[nodiscard]] domain::Spare& spare(const std::string& name = "spare01");
    simulation::Machine& machine(const std::string& name) { return world.machines.at(name); }
    /// The server's stand-in.
    simulation::VirtualMachine& guest() { return *world.standIn(standIn()); }
    [[nodiscard]] const simulation::VmHost::StandIns& guests() { return vmHost().standIns(); }
    simulation::VmHost& vmHost() { return world.vm_hosts.at("vmhost1"); }
    simulation::ImageStore& store() { return world.stores.at("store1"); }
    simulation::RequestHolder& holder() { return world.holders.at("holder1"); }
    simulation::LanSwitch& lanSwitch() { return world.switches.at("switch1"); }
    [[nodiscard]] std::string owner(const std::string& segment = "job01");
    [[nodiscard]] protocol::SegmentOrder order(const std::string& segment = "job01");
    void setOrder(const protocol::SegmentOrder& order, const std::string& segment = "job01");
    [[nodiscard]] std::size_t held() { return holder().held("job01"); }
    /// Requests that the holder had taken, and that were answered.
    [[nodiscard]] std::size_t heldAndAnswered() const;

    simulation::Simulation simulation;
    simulation::WorldConfig& config = simulation.config;
    simulation::World& world = simulation.world;
    simulation::Coordinator& one = simulation.one;
    /// So many requests arrive whenever the holder begins to hold.
    unsigned requests_per_hold = 3;
    /// Called after each effect, also of a question, before its answer is on its way.
    std::function<void(const std::string& verb, const std::string& subject)> after_effect;
    std::vector<std::string> progress;                       ///< every command that had its effect, in order
    std::map<std::string, std::vector<std::string>> owners;  ///< of each segment, every change
    std::optional<base::Result<void>> returned;              ///< what came of the last return

  private:
    void note(const simulation::Command& command);
    void arriveRequests(const std::string& job);
    void await(const std::function<bool()>& is);
    [[nodiscard]] std::vector<std::string> replayed();

    std::vector<simulation::JobRequestPtr> requests_;
    unsigned probes_to_miss_ = 0;
    simulation::Machine* missing_ = nullptr;
};

template <typename Request>
auto Lab::ask(Request request) {
    std::optional<decltype(request(std::declval<engine::Conductor&>()))> answer;
    bool done = false;
    one.take(engine::Request([&](engine::Conductor& asked) -> engine::Reply {
        answer = request(asked);
        return [&](const base::Result<void>&) { done = true; };
    }));
    await([&] { return done; });
    BOOST_REQUIRE(answer.has_value());
    return std::move(*answer);
}

inline std::string stateOf(const domain::Operation& operation) {
    return std::string(nameOf(operation.state));
}

}  // namespace standin
