#include "coordinator/simulation/coordinator.hpp"

#include <algorithm>
#include <optional>

#include "coordinator/simulation/drivers.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

namespace {

/// From something that arrives until the engine's thread has woken up.
constexpr VirtualTime waking{30};
/// A coordinator that could not start ends, and the host's service manager starts it again.
constexpr VirtualTime starting_again{2s};

const engine::Inventory& inventoryOf(const World& world) {
    return world.config.configured ? *world.config.configured : world.config.inventory;
}

base::Log::Sink logTo(World& world, const std::string& name) {
    return [&world, &name](base::LogLevel, std::string_view line) { world.log.line("{}: {}", name, line); };
}

}  // namespace

struct Coordinator::Life {
    Life(Coordinator& its, World& world, std::uint64_t seed)
        : executor(std::make_unique<FiberExecutor>(world.queue, seed)),
          journal(world, its.from_backup_ ? world.backup : world.disk, its.name_),
          log("engine", world.log.on() ? logTo(world, its.name_) : base::Log::Sink()),
          parts{inventoryOf(world),
                its.drivers_,
                journal,
                *executor,
                world.clock,
                its,
                log,
                world.config.engine,
                board,
                [&its](engine::Input input) { its.take(std::move(input)); }},
          conductor(parts),
          watch(parts) {}
    ~Life() { executor.reset(); }  // tasks are unwound before what they refer to
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    std::unique_ptr<FiberExecutor> executor;
    SimulatedJournal journal;
    base::Log log;
    engine::StatusBoard board;
    engine::ConductorParts parts;
    engine::Conductor conductor;
    engine::Watch watch;
    std::vector<engine::Input> inbox;
    std::optional<Suspension::Ender> wake;  ///< set while the engine's thread waits
    std::optional<VirtualTime> alarm;       ///< the next check whether the thread has to wake
    VirtualTime input_seen{};               ///< when it wakes for the first input in the inbox
    bool recovered = false;
    VirtualTime next_look{};
};

Coordinator::Coordinator(World& world, std::string name)
    : world_(world), name_(std::move(name)), drivers_(driversFor(world)) {}

Coordinator::~Coordinator() = default;

void Coordinator::start() {
    STANDIN_ASSERT(!running());
    world_.log.line("coordinator {} is started", name_);
    world_.led_since = world_.now();
    world_.invariants.running.interrupt();
    life_ = std::make_unique<Life>(*this, world_, world_.config.seed + ++starts_);
    life_->executor->run([this, life = life_.get()] { run(*life); });
}

void Coordinator::startFromBackup() {
    from_backup_ = true;
    world_.backup.epoch = world_.disk.epoch - 1;  // opening it takes the next one
    start();
}

bool Coordinator::leads() const {
    return running() && life_->conductor.leads();
}

void Coordinator::kill() {
    if (running()) world_.log.line("coordinator {} is killed", name_);
    world_.invariants.running.interrupt();
    life_.reset();
}

void Coordinator::pause() {
    if (!running()) return;
    world_.log.line("coordinator {} is paused", name_);
    world_.invariants.running.interrupt();
    life_->executor->freeze();
}

void Coordinator::goOn() {
    if (!running()) return;
    world_.log.line("coordinator {} goes on", name_);
    world_.led_since = world_.now();
    life_->executor->thaw();
}

const engine::StatusBoard& Coordinator::board() const {
    STANDIN_ASSERT(running());
    return life_->board;
}

bool Coordinator::atRest() const {
    if (!running() || !life_->wake || !life_->inbox.empty() || !life_->executor->isIdleBut(1)) return false;
    const auto wake = life_->conductor.nextWake();
    return !wake || (*wake - life_->conductor.now() > std::chrono::minutes(4) && waitsForOperator());
}

/// Freeze or brake restrain a failover, and all that is left to do is to remind the operator of it.
bool Coordinator::waitsForOperator() const {
    return std::any_of(world_.disk.operations.begin(), world_.disk.operations.end(),
                       [](const auto& entry) { return entry.second->restraint.inForce(); });
}

void Coordinator::take(engine::Input input) {
    if (!running()) return;
    if (life_->inbox.empty()) life_->input_seen = world_.now() + waking;
    life_->inbox.push_back(std::move(input));
    if (life_->wake) setAlarm(*life_);
}

/// When its thread, which waits, has to wake; nothing: when something arrives.
std::optional<VirtualTime> Coordinator::wakesAt(const Life& life) const {
    std::optional<VirtualTime> at;
    const auto also = [&at](VirtualTime when) { at = at ? std::min(*at, when) : when; };
    if (!life.inbox.empty()) also(life.input_seen);
    if (const auto wake = life.conductor.nextWake())
        also(world_.now() + std::chrono::ceil<VirtualTime>(*wake - life.conductor.now()));
    if (world_.config.engine.watch_every.count() > 0) also(life.next_look);
    return at;
}

/// One alarm at a time is enough: at the alarm it looks for the next reason to wake.
void Coordinator::setAlarm(Life& life) {
    const auto at = wakesAt(life);
    if (!at || (life.alarm && *life.alarm <= *at)) return;
    life.alarm = std::max(*at, world_.now());
    world_.queue.at(*life.alarm, [this, &life, starts = starts_, alarm = *life.alarm] {
        if (starts != starts_ || !running() || life.alarm != alarm) return;
        life.alarm.reset();
        const auto wake = life.wake;
        if (!wake) return;
        if (const auto due = wakesAt(life); due && *due <= world_.now()) return (*wake)();
        setAlarm(life);
    });
}

/// The work that Engine does on its thread.
void Coordinator::run(Life& life) {
    const auto watch_every = world_.config.engine.watch_every;
    if (watch_every.count() > 0) life.conductor.expectStartupCheck();
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
    if (watch_every.count() > 0) life.watch.look(life.conductor);
    life.next_look = world_.now() + watch_every;
    for (;;) {
        if (life.inbox.empty()) {
            Suspension suspension;
            life.wake = suspension.ender();
            setAlarm(life);
            suspension.last();
            life.wake.reset();
        }
        const bool led = life.conductor.leads();
        life.conductor.handle(std::exchange(life.inbox, {}));
        if (led && !life.conductor.leads()) world_.invariants.running.interrupt();  // it never writes again
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
    world_.script_marks.happened("state", event.text.substr(begin + 6, end - begin - 6));
}

void Coordinator::answer(const std::string& what, const base::Error* error) {
    world_.log.line("{}: {}{}", what,
                    error == nullptr ? "accepted" : "refused: ", error == nullptr ? "" : error->message);
}

}  // namespace standin::simulation
