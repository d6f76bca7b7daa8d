#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/watch.hpp"
#include "tests/simulated/simulated_executor.hpp"
#include "tests/simulated/simulated_journal.hpp"
#include "tests/simulated/simulated_world.hpp"

namespace standin::simulated {

/// Thrown at a stop point: the coordinator is gone, the world stays. No std::exception: those the engine contains.
struct CoordinatorDied {};

/// The shipping engine in a simulated world, without threads and with a clock of its own.
class SimulatedCoordinator {
  public:
    explicit SimulatedCoordinator(engine::Inventory inventory);

    /// Starts it (again) from the journal; a new one is adopted at once, if `adopts`.
    void start();
    base::Result<engine::AdoptionSnapshot> survey();
    base::Result<engine::AdoptionSnapshot> adopt(const std::string& mark);
    /// What was queued dies with it.
    void kill();
    /// Works until nothing is due any more, for at most `time`. CoordinatorDied comes through.
    void run(std::chrono::seconds time = std::chrono::hours(24));
    /// One task or one wake.
    bool runOne(base::WallTime until);
    /// Does `request` on the engine as a caller would.
    template <typename Request>
    auto ask(Request request);

    /// Sets the spare and makes the stand-in of every server.
    void protectAll();
    domain::OperationId fail(const std::string& server, const std::string& kind = "processor");

    [[nodiscard]] domain::Operation operation(domain::OperationId id) const;
    [[nodiscard]] domain::Operation last() const;
    [[nodiscard]] std::optional<domain::SpareTableRow> row(const std::string& server) const;
    [[nodiscard]] std::vector<std::string> changesOf(domain::OperationId id) const;

    [[nodiscard]] const engine::Drivers& drivers() const { return drivers_; }
    [[nodiscard]] engine::EventSink& events() { return events_; }

    engine::Inventory inventory;
    SimulatedClock clock;
    SimulatedWorld world;
    SimulatedExecutor executor;
    SimulatedJournal journal;
    bool adopts = true;
    bool watches = false;  ///< it takes its first look when it starts
    engine::EngineSettings settings;
    std::unique_ptr<engine::StatusBoard> board;
    std::vector<std::string> log;
    std::unique_ptr<engine::Conductor> conductor;
    std::unique_ptr<engine::Watch> watch;

  private:
    class Events final : public engine::EventSink {
      public:
        void publish(engine::EngineEvent event) override { events.push_back(std::move(event)); }
        std::vector<engine::EngineEvent> events;
    };
    engine::Drivers drivers_;
    Events events_;
    std::vector<engine::Input> inbox_;
};

template <typename Request>
auto SimulatedCoordinator::ask(Request request) {
    std::optional<decltype(request(*conductor))> answer;
    std::vector<engine::Input> inputs;
    inputs.emplace_back(engine::Request([&](engine::Conductor& asked) -> engine::Reply {
        answer = request(asked);
        return {};
    }));
    conductor->handle(std::move(inputs));
    return *answer;
}

}  // namespace standin::simulated
