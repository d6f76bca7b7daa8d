#include "coordinator/engine/engine.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/watch.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {
/// So many inputs share a commit; more would make the first of them wait too long.
constexpr std::size_t batch_limit = 1024;

/// Lets tasks through as long as the engine is there; its destructor waits for those that run. (Steps refer to what the
/// engine owns, and the executor outlives it.)
class GatedExecutor final : public Executor {
  public:
    explicit GatedExecutor(Executor& inner) : inner_(inner) {}
    ~GatedExecutor() override {
        const std::lock_guard lock(gate_->passing);
        gate_->closed = true;
    }
    void post(domain::Lane lane, std::function<void()> task) override {
        inner_.post(lane, [gate = gate_, task = std::move(task)] {
            const std::shared_lock lock(gate->passing);
            if (!gate->closed) task();
        });
    }

  private:
    struct Gate {
        std::shared_mutex passing;
        bool closed = false;
    };
    Executor& inner_;
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

/// An answer that is owed: also an engine that stops gives one.
template <typename Answer>
class Owed {
  public:
    ~Owed() {
        if (!given_) give(failure(ErrorCode::Unreachable, "the engine stopped before it answered"));
    }
    void give(Result<Answer> answer) {
        given_ = true;
        promise_.set_value(std::move(answer));
    }
    std::future<Result<Answer>> future() { return promise_.get_future(); }

  private:
    std::promise<Result<Answer>> promise_;
    bool given_ = false;
};

}  // namespace

struct Engine::Parts {
    Parts(Inventory inventory_given, Drivers drivers_given, journal::Journal& journal_given, Executor& executor_given,
          base::Clock& clock_given, EventSink& events, base::Log log_given, EngineSettings settings_given)
        : inventory(std::move(inventory_given)),
          drivers(std::move(drivers_given)),
          journal(journal_given),
          clock(clock_given),
          log(std::move(log_given)),
          settings(settings_given),
          inbox(std::make_shared<Inbox>()),
          conductor(inventory, drivers, journal, executor, clock, events, log, settings, board,
                    [box = inbox](StepOutcome outcome) { box->push(std::move(outcome)); }),
          watch(inventory, drivers, executor, clock, board, events,
                [box = inbox](Request request) { box->push(std::move(request)); }),
          executor(executor_given) {}

    /// Outlives the engine as long as a step runs.
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
    Result<Answer> ask(std::function<Result<Answer>(Conductor&)> question);

    Inventory inventory;
    Drivers drivers;
    journal::Journal& journal;
    base::Clock& clock;
    base::Log log;
    EngineSettings settings;
    Board board;
    std::shared_ptr<Inbox> inbox;
    Conductor conductor;
    Watch watch;
    GatedExecutor executor;  // the last member: the first to go, before what the tasks refer to
    std::thread thread;
    bool started = false;
};

void Engine::Parts::run() {
    auto next_look = clock.steady();
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
        conductor.handle(std::move(batch));
        if (settings.watch_every.count() > 0 && clock.steady() >= next_look) {
            watch.look(conductor);
            next_look = clock.steady() + settings.watch_every;
        }
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

template <typename Answer>
Result<Answer> Engine::Parts::ask(std::function<Result<Answer>(Conductor&)> question) {
    auto owed = std::make_shared<Owed<Answer>>();
    auto future = owed->future();
    const bool taken = post(Request{[question = std::move(question), owed](Conductor& conductor_now) -> Reply {
                                auto answer = std::make_shared<Result<Answer>>(question(conductor_now));
                                return [answer, owed](const Result<void>& durable) {
                                    if (!durable && *answer) {
                                        owed->give(failure(durable.error()));
                                    } else {
                                        owed->give(std::move(*answer));
                                    }
                                };
                            }},
                            settings.queue_limit);
    if (!taken)
        return failure(ErrorCode::Unreachable, "the engine takes no requests: it is stopped or overrun; try again");
    if (future.wait_for(settings.answer_within) != std::future_status::ready) {
        return failure(ErrorCode::TimedOut,
                       fmt::format("the engine did not answer within {} ms; the request may still be carried out",
                                   settings.answer_within.count()));
    }
    return future.get();
}

Engine::Engine(Inventory inventory, Drivers drivers, journal::Journal& journal, Executor& executor, base::Clock& clock,
               EventSink& events, base::Log log, EngineSettings settings)
    : parts_(std::make_unique<Parts>(std::move(inventory), std::move(drivers), journal, executor, clock, events,
                                     std::move(log), settings)) {}

Engine::~Engine() {
    stop();
}

Result<void> Engine::start() {
    STANDIN_ASSERT(!parts_->started);
    auto recovered = parts_->conductor.recover();
    if (!recovered) return recovered;
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
    std::vector<Input> unanswered;
    {
        const std::lock_guard lock(parts_->inbox->mutex);
        unanswered.swap(parts_->inbox->inputs);
    }
}

bool Engine::report(const domain::FailureReport& report) {
    if (parts_->post(ReportInput{report, {}}, parts_->settings.queue_limit)) return true;
    parts_->log.error("a failure report of server '{}' could not be taken: the engine is stopped or overrun",
                      report.server.text());
    return false;
}

Result<Engine::ReportOutcome> Engine::reportAndWait(const domain::FailureReport& report) {
    return parts_->ask<ReportOutcome>(
        [report](Conductor& conductor) -> Result<ReportOutcome> { return conductor.report(report); });
}

Result<domain::OperationId> Engine::request(const OperationRequest& request) {
    return parts_->ask<domain::OperationId>([request](Conductor& conductor) { return conductor.request(request); });
}

Result<void> Engine::retry(domain::OperationId id, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.retry(id, asked_by); });
}

Result<void> Engine::confirmFence(domain::OperationId id, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.confirmFence(id, asked_by); });
}

Result<void> Engine::close(domain::OperationId id, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.close(id, asked_by); });
}

Result<void> Engine::returned(const base::ServerName& server, const std::string& asked_by) {
    auto known = parts_->inventory.servers.find(server);
    if (known == parts_->inventory.servers.end())
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", server.text()));
    auto driver = parts_->drivers.switches.find(known->second.switch_agent);
    if (driver != parts_->drivers.switches.end()) {
        auto segment = driver->second->segment(known->second.segment, parts_->settings.answer_within);
        if (!segment && segment.error().code != ErrorCode::NotFound) return failure(segment.error());
        if (segment && !segment->order.owner.empty() && segment->order.owner != base::MemberName("server")) {
            return failure(ErrorCode::WrongState,
                           fmt::format("segment '{}' belongs to '{}', not to server '{}'", segment->id.text(),
                                       segment->order.owner.text(), server.text()));
        }
    }
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.returned(server, asked_by); });
}

Result<void> Engine::setSpare(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image,
                              const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.setSpare(server, spare, image, asked_by); });
}

Result<void> Engine::unsetSpare(const base::ServerName& server, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.unsetSpare(server, asked_by); });
}

Result<void> Engine::setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                    const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.setMaintenance(server, on, why, asked_by); });
}

std::vector<ServerSnapshot> Engine::servers() const {
    std::vector<ServerSnapshot> servers;
    for (const auto& [name, server] : parts_->inventory.servers) servers.push_back(parts_->board.server(server));
    return servers;
}

std::optional<ServerSnapshot> Engine::server(const base::ServerName& name) const {
    auto found = parts_->inventory.servers.find(name);
    if (found == parts_->inventory.servers.end()) return std::nullopt;
    return parts_->board.server(found->second);
}

std::vector<SpareSnapshot> Engine::spares() const {
    std::vector<SpareSnapshot> spares;
    for (const auto& [name, spare] : parts_->inventory.spares) spares.push_back({spare, parts_->board.lease(name)});
    return spares;
}

std::vector<domain::SpareTableRow> Engine::spareTable() const {
    return parts_->board.rows();
}
std::vector<domain::Operation> Engine::operations(std::size_t most) const {
    return parts_->board.operations(most);
}
std::optional<domain::Operation> Engine::operation(domain::OperationId id) const {
    return parts_->board.operation(id);
}
std::vector<AgentSnapshot> Engine::agents() const {
    return parts_->board.agents();
}
Result<std::vector<domain::AuditEntry>> Engine::audit(std::size_t most) const {
    return parts_->journal.audit(most);
}
std::uint64_t Engine::epoch() const {
    return parts_->board.epoch();
}
const Inventory& Engine::inventory() const {
    return parts_->inventory;
}
std::string Engine::problem() const {
    return parts_->board.problem();
}

Result<std::vector<protocol::Image>> Engine::images() const {
    std::vector<protocol::Image> all;
    std::optional<base::Error> first;
    bool answered = parts_->drivers.image_stores.empty();
    for (const auto& [name, store] : parts_->drivers.image_stores) {
        auto images = store->images(parts_->settings.answer_within);
        if (images) {
            answered = true;
            all.insert(all.end(), images->begin(), images->end());
        } else if (!first) {
            first = images.error();
        }
    }
    if (!answered) return failure(*first);
    return all;
}

}  // namespace standin::engine
