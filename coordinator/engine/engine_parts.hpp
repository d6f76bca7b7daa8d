#pragma once

#include <fmt/format.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "agent/base/boundary.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/watch.hpp"

namespace standin::engine {

/// Runs tasks as long as the engine exists; its destructor waits for running ones. (Steps refer to what the engine
/// owns, and the executor outlives the engine.)
class GatedExecutor final : public Executor {
  public:
    explicit GatedExecutor(Executor& inner) : inner_(inner) {}
    ~GatedExecutor() override {
        const std::lock_guard lock(gate_->passing);
        gate_->closed = true;
    }
    Ticket post(Task task) override {
        return inner_.post({task.lane, std::move(task.whom), [gate = gate_, run = std::move(task.run)] {
                                const std::shared_lock lock(gate->passing);
                                if (!gate->closed) run();
                            }});
    }
    void writeOff(Ticket ticket) override { inner_.writeOff(ticket); }
    bool takeBack(Ticket ticket) override { return inner_.takeBack(ticket); }

  private:
    struct Gate {
        std::shared_mutex passing;
        bool closed = false;
    };
    Executor& inner_;
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

/// A pending answer to a caller: it is given even if the engine stops.
template <typename Answer>
class Owed {
  public:
    ~Owed() {
        if (!given_) give(base::failure(base::ErrorCode::Unreachable, "the engine stopped before it answered"));
    }
    void give(base::Result<Answer> answer) {
        if (given_) return;
        given_ = true;
        promise_.set_value(std::move(answer));
    }
    std::future<base::Result<Answer>> future() { return promise_.get_future(); }

  private:
    std::promise<base::Result<Answer>> promise_;
    bool given_ = false;
};

struct Engine::Parts {
    explicit Parts(EngineDependencies given)
        : inventory(std::move(given.inventory)),
          drivers(std::move(given.drivers)),
          journal(given.journal),
          clock(given.clock),
          log(std::move(given.log)),
          settings(std::move(given.settings)),
          inbox(std::make_shared<Inbox>()),
          parts{inventory,    drivers, journal,  executor, clock,
                given.events, log,     settings, board,    [box = inbox](Input input) { box->push(std::move(input)); }},
          conductor(parts),
          watch(parts),
          executor(given.executor) {}

    /// Outlives the engine while a step runs.
    struct Inbox {
        std::mutex mutex;
        std::condition_variable arrived;
        std::vector<Input> inputs;
        bool closed = false;

        std::size_t push(Input input) {
            const std::lock_guard lock(mutex);
            if (closed) return 0;
            inputs.push_back(std::move(input));
            arrived.notify_one();
            return inputs.size();
        }
    };

    void run();
    bool post(Input input, std::size_t limit);
    template <typename Answer>
    base::Result<Answer> ask(std::function<base::Result<Answer>(Conductor&)> question);

    base::Result<AdoptionSnapshot> surveyed(
        const std::function<void(AdoptionProcess&, const AdoptionProcess::Answer&)>& question);

    Inventory inventory;
    Drivers drivers;
    journal::Journal& journal;
    base::Clock& clock;
    base::Log log;
    EngineSettings settings;
    StatusBoard board;
    std::shared_ptr<Inbox> inbox;
    ConductorParts parts;
    Conductor conductor;
    Watch watch;
    GatedExecutor executor;  // the last member: destroyed first, before the objects that tasks refer to
    std::thread thread;
    bool started = false;
};

template <typename Answer>
base::Result<Answer> Engine::Parts::ask(std::function<base::Result<Answer>(Conductor&)> question) {
    if (!conductor.leads()) return base::failure(base::ErrorCode::StaleEpoch, board.problem());
    auto owed = std::make_shared<Owed<Answer>>();
    auto future = owed->future();
    const bool taken = post(Request{[question = std::move(question), owed](Conductor& conductor_now) -> Reply {
                                auto answer = std::make_shared<base::Result<Answer>>(
                                    base::failure(base::ErrorCode::Internal, "the request could not be handled"));
                                const auto asked = base::contained([&] { *answer = question(conductor_now); });
                                if (!asked) *answer = base::failure(asked.error());
                                return [answer, owed](const base::Result<void>& durable) {
                                    if (!durable && *answer) {
                                        owed->give(base::failure(durable.error()));
                                    } else {
                                        owed->give(std::move(*answer));
                                    }
                                };
                            }},
                            settings.queue_limit);
    if (!taken)
        return base::failure(base::ErrorCode::Unreachable,
                             "the engine takes no requests: it is stopped or overrun; try again");
    if (future.wait_for(settings.answer_within) != std::future_status::ready) {
        return base::failure(base::ErrorCode::TimedOut,
                             fmt::format("the engine did not answer within {} ms; the request may still be carried out",
                                         settings.answer_within.count()));
    }
    return future.get();
}

}  // namespace standin::engine
