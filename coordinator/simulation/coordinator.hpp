#pragma once

#include <memory>
#include <optional>
#include <string>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/watch.hpp"
#include "coordinator/simulation/fiber_executor.hpp"
#include "coordinator/simulation/journal_disk.hpp"

namespace standin::simulation {

class World;

/// The shipping engine in a simulated world: its conductor on a thread of its own, its steps and its watch on others,
/// all of them fibers.
class Coordinator final : engine::EventSink {
  public:
    Coordinator(World& world, std::string name);
    ~Coordinator() override;

    /// Starts it (again) from the journal. Precondition: not running().
    void start();
    /// As if its journal were a copy that gives the journal's epoch once more. Precondition: not running().
    void startFromBackup();
    /// It is gone at once; commands that it has sent still take effect. Not from within one of its tasks.
    void kill();
    void pause();
    void goOn();
    [[nodiscard]] bool running() const { return life_ != nullptr; }

    /// On the engine's thread, as soon as it comes to it.
    void take(engine::Input input);
    /// Asks as an operator would; the outcome is logged under `what`, and passed to `then`.
    template <typename Answer>
    void ask(const std::string& what, std::function<base::Result<Answer>(engine::Conductor&)> question,
             std::function<void(const base::Result<Answer>&)> then = {});

    [[nodiscard]] const engine::StatusBoard& board() const;
    /// 0: it does not run, or has not read the journal yet.
    [[nodiscard]] std::uint64_t epoch() const { return running() ? board().epoch() : 0; }
    [[nodiscard]] bool isFromBackup() const { return from_backup_; }
    /// False: it knows that another one does.
    [[nodiscard]] bool leads() const;
    /// Nothing is under way or due in it: no input, no step, no wake.
    [[nodiscard]] bool atRest() const;

  private:
    [[nodiscard]] bool waitsForOperator() const;
    /// From one start to the end.
    struct Life;
    void publish(engine::EngineEvent event) override;
    [[nodiscard]] bool wants(std::string_view type) const override { return type == "state"; }
    [[nodiscard]] bool wantsData() const override { return false; }
    void answer(const std::string& what, const base::Error* error);
    void run(Life& life);
    [[nodiscard]] std::optional<VirtualTime> wakesAt(const Life& life) const;
    void setAlarm(Life& life);

    World& world_;
    const std::string name_;
    engine::Drivers drivers_;
    std::uint64_t starts_ = 0;
    bool from_backup_ = false;
    std::unique_ptr<Life> life_;
};

template <typename Answer>
void Coordinator::ask(const std::string& what, std::function<base::Result<Answer>(engine::Conductor&)> question,
                      std::function<void(const base::Result<Answer>&)> then) {
    take(engine::Request([this, what, question = std::move(question),
                          then = std::move(then)](engine::Conductor& asked) -> engine::Reply {
        auto given = question(asked);
        return [this, what, then, given = std::move(given)](const base::Result<void>& durable) {
            const auto answer_given = durable || !given ? given : base::Result<Answer>(base::failure(durable.error()));
            answer(what, answer_given ? nullptr : &answer_given.error());
            if (then) then(answer_given);
        };
    }));
}

}  // namespace standin::simulation
