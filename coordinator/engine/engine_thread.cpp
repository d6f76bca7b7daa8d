#include "coordinator/engine/engine_parts.hpp"

namespace standin::engine {

namespace {
/// So many inputs share a commit; more would make the first of them wait too long.
constexpr std::size_t batch_limit = 1024;
/// Nothing has come for so long: nobody waits for the disk.
constexpr std::chrono::seconds quiet{1};
/// What fails at once whenever it is tried must not take the whole processor.
constexpr std::chrono::milliseconds pause_after_failure{1000};
}  // namespace

void Engine::Parts::run() {
    auto next_look = clock.steady();
    auto last_input = next_look;
    auto next_sign = next_look;
    bool failed = false;
    if (settings.watch_every.count() > 0) {
        next_look += settings.watch_every;
        static_cast<void>(base::contained([&] { watch.look(conductor); }));
    }
    std::unique_lock lock(inbox->mutex);
    while (!inbox->closed) {
        auto patience = std::chrono::milliseconds(60000);
        const auto now = conductor.now();
        if (const auto wake = conductor.nextWake()) {
            patience = std::min(patience, std::max(std::chrono::milliseconds(0),
                                                   std::chrono::ceil<std::chrono::milliseconds>(*wake - now)));
        }
        if (settings.watch_every.count() > 0) {
            patience =
                std::min(patience, std::max(std::chrono::milliseconds(0),
                                            std::chrono::ceil<std::chrono::milliseconds>(next_look - clock.steady())));
        }
        if (settings.alive_every.count() > 0) patience = std::min(patience, settings.alive_every);
        if (failed) patience = pause_after_failure;
        if (inbox->inputs.empty()) inbox->arrived.wait_for(lock, patience);
        if (inbox->closed) break;
        std::vector<Input> batch;
        if (inbox->inputs.size() <= batch_limit) {
            batch.swap(inbox->inputs);
        } else {
            const auto end = inbox->inputs.begin() + batch_limit;
            batch.assign(std::make_move_iterator(inbox->inputs.begin()), std::make_move_iterator(end));
            inbox->inputs.erase(inbox->inputs.begin(), end);
        }
        lock.unlock();
        if (!batch.empty()) last_input = clock.steady();
        const bool is_quiet = clock.steady() - last_input >= quiet;  // before a commit that may have been slow
        const auto done = base::contained([&] {
            conductor.handle(std::move(batch));
            if (is_quiet) journal.tidy();
            if (settings.watch_every.count() > 0 && clock.steady() >= next_look) {
                next_look = clock.steady() + settings.watch_every;
                if (conductor.leads()) watch.look(conductor);
            }
        });
        if (settings.alive_every.count() > 0 && clock.steady() >= next_sign) {
            next_sign = clock.steady() + settings.alive_every;
            settings.alive();
        }
        failed = !done;
        if (failed) log.error("a batch was not handled wholly, and is gone on with: {}", done.error().message);
        lock.lock();
    }
}

bool Engine::Parts::post(Input input, std::size_t limit) {
    const std::lock_guard lock(inbox->mutex);
    if (inbox->closed || inbox->inputs.size() >= limit) return false;
    inbox->inputs.push_back(std::move(input));
    inbox->arrived.notify_one();
    return true;
}

Engine::Engine(EngineDependencies dependencies) : parts_(std::make_unique<Parts>(std::move(dependencies))) {}

Engine::~Engine() {
    stop();
}

base::Result<void> Engine::start() {
    STANDIN_ASSERT(!parts_->started);
    base::Result<void> recovered;
    if (parts_->settings.watch_every.count() > 0) parts_->conductor.expectStartupCheck();
    const auto done = base::contained([&] { recovered = parts_->conductor.recover(); });
    if (!done || !recovered) return done ? recovered : done;
    parts_->started = true;
    parts_->thread = std::thread([this] { parts_->run(); });
    return {};
}

void Engine::stop() {
    {
        const std::lock_guard lock(parts_->inbox->mutex);
        parts_->inbox->closed = true;
        parts_->inbox->arrived.notify_all();
    }
    if (parts_->thread.joinable()) parts_->thread.join();
    parts_->conductor.abandonReturns({base::ErrorCode::Unreachable, "the engine stopped before it answered"});
    std::vector<Input> unanswered;
    {
        const std::lock_guard lock(parts_->inbox->mutex);
        unanswered.swap(parts_->inbox->inputs);
    }
}

}  // namespace standin::engine
