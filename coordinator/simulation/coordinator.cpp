#include "coordinator/simulation/coordinator.hpp"

#include "coordinator/simulation/drivers.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

namespace {

/// From something that arrives until the engine's thread has woken up.
constexpr VirtualTime waking{30};
/// A coordinator that could not start ends, and the host's service manager starts it again.
constexpr VirtualTime starting_again{2s};

base::Log::Sink logTo(World& world, const std::string& name) {
    return [&world, &name](base::LogLevel, std::string_view line) { world.log.line("{}: {}", name, line); };
}

}  // namespace

struct Coordinator::Life {
    Life(Coordinator& its, World& world, std::uint64_t seed)
        : executor(std::make_unique<FiberExecutor>(world.queue, seed)),
          journal(world, its.name_),
          log("engine", world.log.on() ? logTo(world, its.name_) : base::Log::Sink()),
          conductor(world.setting.inventory, its.drivers_, journal, *executor, world.clock, its, log,
                    world.setting.engine, board, [&its](engine::Input outcome) { its.take(std::move(outcome)); }),
          watch(world.setting.inventory, its.drivers_, *executor, world.clock, board, its,
                [&its](engine::Request request) { its.take(std::move(request)); }) {}
    ~Life() { executor.reset(); }  // tasks are unwound before what they refer to
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    std::unique_ptr<FiberExecutor> executor;
    SimulatedJournal journal;
    base::Log log;
    engine::Board board;
    engine::Conductor conductor;
    engine::Watch watch;
    std::vector<engine::Input> inbox;
    std::function<void()> wake;  ///< set while the engine's thread waits
    bool recovered = false;
    VirtualTime next_look{};
};

Coordinator::Coordinator(World& world, std::string name)
    : world_(world), name_(std::move(name)), drivers_(driversFor(world)) {}

Coordinator::~Coordinator() = default;

void Coordinator::start() {
    STANDIN_ASSERT(!running());
    world_.log.line("coordinator {} is started", name_);
    life_ = std::make_unique<Life>(*this, world_, world_.setting.seed + ++starts_);
    life_->executor->run([this, life = life_.get()] { run(*life); });
}

void Coordinator::kill() {
    if (running()) world_.log.line("coordinator {} is killed", name_);
    life_.reset();
}

void Coordinator::pause() {
    if (!running()) return;
    world_.log.line("coordinator {} stands still", name_);
    life_->executor->freeze();
}

void Coordinator::goOn() {
    if (!running()) return;
    world_.log.line("coordinator {} goes on", name_);
    life_->executor->thaw();
}

const engine::Board& Coordinator::board() const {
    STANDIN_ASSERT(running());
    return life_->board;
}

bool Coordinator::atRest() const {
    return running() && life_->wake && life_->inbox.empty() && life_->executor->busy() == 1 &&
           !life_->conductor.nextWake();
}

void Coordinator::take(engine::Input input) {
    if (!running()) return;
    life_->inbox.push_back(std::move(input));
    if (life_->wake) world_.queue.after(waking, life_->wake);
}

/// What Engine does on its thread.
void Coordinator::run(Life& life) {
    const auto recovered = life.conductor.recover();
    if (!recovered) {
        world_.log.line("coordinator {} could not start: {}", name_, recovered.error().message);
        world_.queue.after(starting_again, [this, starts = starts_] {
            if (starts != starts_ || !running()) return;
            life_.reset();
            start();
        });
        return;
    }
    life.recovered = true;
    const auto watch_every = world_.setting.engine.watch_every;
    life.next_look = world_.now() + watch_every;
    for (;;) {
        if (life.inbox.empty()) {
            Suspension suspension;
            life.wake = suspension.ender();
            if (const auto wake = life.conductor.nextWake()) {
                world_.queue.after(std::chrono::ceil<VirtualTime>(*wake - life.conductor.now()), life.wake);
            }
            if (watch_every.count() > 0) world_.queue.at(life.next_look, life.wake);
            suspension.last();
            life.wake = nullptr;
        }
        life.conductor.handle(std::exchange(life.inbox, {}));
        if (watch_every.count() > 0 && world_.now() >= life.next_look) {
            life.watch.look(life.conductor);
            life.next_look = world_.now() + watch_every;
        }
    }
}

void Coordinator::publish(engine::EngineEvent event) {
    if (event.type != "state") return;
    const auto begin = event.text.find("' -> '");
    if (begin == std::string::npos) return;
    const auto end = event.text.find('\'', begin + 6);
    world_.occurrences.happened("state", event.text.substr(begin + 6, end - begin - 6));
}

void Coordinator::answer(const std::string& what, const base::Error* error) {
    world_.log.line("{}: {}{}", what,
                    error == nullptr ? "accepted" : "refused: ", error == nullptr ? "" : error->message);
}

}  // namespace standin::simulation
