// The engine with its thread, its pool of threads, real time and a real journal; only the world is simulated.
#include "coordinator/engine/engine.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <future>
#include <mutex>

#include "coordinator/domain/phases.hpp"
#include "tests/unit/coordinator_engine/lab.hpp"
#include "tests/unit/coordinator_engine/threaded_world.hpp"

using namespace standin;
using namespace std::chrono_literals;
using domain::OperationKind;

namespace {

struct Directory {
    Directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-engine-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string path;
};

base::Log silentLog() {
    return base::Log("engine", [](base::LogLevel, std::string_view) {});
}

/// An engine on real threads, with a real journal in this directory.
struct ThreadedEngine {
    ThreadedEngine(const simulation::Layout& layout, const std::string& path, engine::EventSink& events,
                   const engine::EngineSettings& settings)
        : world(labConfig(layout)),
          journal(path + "/journal.db", world),
          engine({world.config.inventory, world.drivers(), journal, world, clock, events, silentLog(), settings}) {}
    ~ThreadedEngine() {
        engine.stop();
        world.stop();
    }
    base::SystemClock clock;
    ThreadedWorld world;
    KnownJournal journal;
    engine::Engine engine;
};

struct RunningEngine {
    explicit RunningEngine(int servers)
        : RunningEngine({.servers = servers, .spares = servers, .is_protected = false}) {}
    explicit RunningEngine(const simulation::Layout& layout)
        : threaded(layout, directory.path, events, {.watch_every = 0ms}) {
        BOOST_REQUIRE(engine.start().has_value());
        const auto shown = engine.survey();
        BOOST_REQUIRE(shown.has_value());
        inWorld([](simulation::World& world) { world.invariants.agreesToAdoption(); });
        BOOST_REQUIRE(engine.adopt(shown->mark, "operator ada").has_value());
    }
    ~RunningEngine() {
        engine.stop();
        inWorld([](simulation::World& world) {
            for (const auto& breach : world.invariants.breaches())
                BOOST_ERROR("rule " << breach.rule << " is broken: " << breach.who << ": " << breach.what);
        });
    }
    void inWorld(const std::function<void(simulation::World&)>& what) {
        const std::lock_guard lock(threaded.world.mutex);
        what(threaded.world.world);
    }
    [[nodiscard]] domain::FailureReport failure(const std::string& server) {
        inWorld([&](simulation::World& world) { world.invariants.failureReported(server); });
        return {base::ServerName(server), "processor", "a test", "trap 1", threaded.clock.steady()};
    }

    /// Follows the events until the operation is as it is awaited.
    domain::Operation until(domain::OperationId id, const std::function<bool(const domain::Operation&)>& awaited) {
        std::uint64_t seen = 0;
        const auto until = std::chrono::steady_clock::now() + 60s;
        while (std::chrono::steady_clock::now() < until) {
            const auto operation = engine.operation(id);
            if (operation && awaited(*operation)) return *operation;
            const auto news = events.after(seen, 1000, 1000ms);
            if (!news.empty()) seen = news.back().id;
        }
        BOOST_FAIL("operation " << id << " is not as awaited within 60 s");
        return {};
    }
    domain::Operation untilRest(domain::OperationId id) {
        return until(id, [](const domain::Operation& operation) { return isResting(operation.state); });
    }
    void protect(const std::string& server, const std::string& spare) {
        BOOST_REQUIRE(engine
                          .setSpare(base::ServerName(server), base::SpareName(spare), base::ImageId(server + "-1"),
                                    "operator ada")
                          .has_value());
        const auto id = engine.request({OperationKind::Prepare, base::ServerName(server), {}, "operator ada", {}});
        BOOST_REQUIRE(id.has_value());
        const auto prepared = untilRest(*id);
        BOOST_REQUIRE_MESSAGE(prepared.state == domain::State::Succeeded, prepared.why);
    }

    Directory directory;
    engine::EventHub events;
    ThreadedEngine threaded;
    engine::Engine& engine = threaded.engine;
};

/// Dies, as a process does, whenever it comes to change an operation's state.
class Deadly final : public engine::EventSink {
  public:
    void publish(engine::EngineEvent /*event*/) override {}
    /// Asked on the engine's thread while it decides.
    [[nodiscard]] bool wants(std::string_view type) const override {
        if (type == "state" && armed) ::abort();
        return false;
    }
    bool armed = true;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(running_engine)

BOOST_AUTO_TEST_CASE(a_spare_whose_power_device_is_another_machines_fits_no_server) {
    RunningEngine running({.servers = 1, .spares = 1, .uuids = true, .is_protected = false});
    const base::SpareName spare("spare01");
    const auto fits = [&](const std::string& reported) {
        running.inWorld([&](simulation::World& world) { world.bmcs.at("spare01").uuid = reported; });
        std::promise<base::Result<void>> answer;
        running.threaded.world.post({domain::Lane::Ordinary, "a test", [&] {
                                         answer.set_value(running.engine.spareFits(spare, base::ImageId("server01-1")));
                                     }});
        return answer.get_future().get();
    };
    BOOST_TEST(fits(running.threaded.world.config.inventory.spares.at(spare).uuid).has_value());
    BOOST_TEST(fits("").has_value());  // not confirmed, and that is not demanded
    const auto refused = fits("00112233-4455-6677-8899-aabbccddee00");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Refused));
}

BOOST_AUTO_TEST_CASE(a_failover_runs_to_its_end_on_real_threads_and_a_real_journal) {
    RunningEngine lab(1);
    lab.protect("server01", "spare01");
    const auto outcome = lab.engine.reportAndWait(lab.failure("server01"));
    BOOST_REQUIRE(outcome.has_value());
    const auto failover = lab.untilRest(outcome->operation);
    BOOST_TEST((failover.state == domain::State::Succeeded), failover.why);
    BOOST_TEST_MESSAGE("takeover " << domain::takeoverMs(failover).value_or(-1) << " ms, detect " << failover.detect_ms
                                   << " ms");
    BOOST_TEST((lab.engine.server(base::ServerName("server01"))->placement.on == domain::Placement::On::Spare));
    BOOST_TEST(lab.engine.audit(10)->size() == 4u);
}

BOOST_AUTO_TEST_CASE(many_servers_fail_at_once_and_reports_may_repeat) {
    RunningEngine lab(20);
    for (int i = 1; i <= 20; ++i) lab.protect(simulation::numbered("server", i), simulation::numbered("spare", i));
    for (int repeat = 0; repeat < 100; ++repeat) {
        for (int i = 1; i <= 20; ++i) BOOST_REQUIRE(lab.engine.report(lab.failure(simulation::numbered("server", i))));
    }
    for (int i = 1; i <= 20; ++i) {
        const auto outcome = lab.engine.reportAndWait(lab.failure(simulation::numbered("server", i)));
        BOOST_REQUIRE(outcome.has_value());
        BOOST_TEST((outcome->kind == engine::Engine::ReportOutcome::Kind::Merged));
        BOOST_TEST((lab.untilRest(outcome->operation).state == domain::State::Succeeded));
    }
    BOOST_TEST(lab.engine.operations(100).size() == 40u);  // 20 preparations, 20 failovers
}

BOOST_AUTO_TEST_CASE(a_job_returns_to_its_server_only_when_nobody_else_can_execute_it) {
    RunningEngine lab(1);
    const base::ServerName server("server01");
    lab.protect("server01", "spare01");
    const auto outcome = lab.engine.reportAndWait(lab.failure("server01"));
    BOOST_REQUIRE(outcome.has_value());
    lab.until(outcome->operation, [](const domain::Operation& failover) {
        const auto* step = failover.find({domain::StepName::RetireHolder, failover.spare.text()});
        return step != nullptr && step->state == domain::StepState::Done;
    });
    const auto refused = lab.engine.returned(server, "operator ada");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("spare 'spare01' is not off") != std::string::npos);
    lab.inWorld([](simulation::World& world) {
        using By = simulation::World::SwitchedBy;
        world.power(world.machines.at("spare01"), false, By::Hand);
        world.power(world.machines.at("server01"), true, By::Hand);
        world.invariants.returned("server01");
    });
    const auto returned = lab.engine.returned(server, "operator ada");
    BOOST_TEST(returned.has_value(), (returned ? "" : returned.error().message));
    BOOST_TEST((lab.engine.server(server)->placement.on == domain::Placement::On::Server));
    BOOST_REQUIRE(lab.engine.close(outcome->operation, "operator ada").has_value());
    lab.inWorld([](simulation::World& world) { BOOST_TEST(world.switches.at("switch1").owner("job01") == "server"); });
}

BOOST_AUTO_TEST_CASE(an_engine_that_was_stopped_answers_that_it_is) {
    RunningEngine lab(1);
    lab.engine.stop();
    const auto refused =
        lab.engine.request({OperationKind::Prepare, base::ServerName("server01"), {}, "operator ada", {}});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Unreachable));
    BOOST_TEST(!lab.engine.report(lab.failure("server01")));
}

BOOST_AUTO_TEST_CASE(an_operation_that_kills_the_process_twice_is_set_aside_at_the_third_start) {
    const Directory directory;
    domain::OperationId poisoned = 0;
    {
        journal::SqliteJournal journal(directory.path + "/journal.db");
        BOOST_REQUIRE(journal.open().has_value());
        journal::Entry entry;
        domain::Operation operation;
        operation.id = poisoned = 7;
        operation.kind = domain::OperationKind::Failover;
        operation.server = base::ServerName("server01");
        entry.operations.emplace_back(operation);
        BOOST_REQUIRE(journal.commit(entry).has_value());
    }
    const auto lifeOf = [&](engine::EventSink& events) {
        ThreadedEngine threaded({.servers = 2, .spares = 2, .is_protected = false}, directory.path, events,
                                {.watch_every = 0ms});
        const bool started = threaded.engine.start().has_value();
        const auto operation = threaded.engine.operation(poisoned);
        return started && operation ? operation->state : domain::State::Opened;
    };
    for (int start = 1; start <= 2; ++start) {
        const pid_t child = ::fork();
        if (child == 0) {
            const rlimit none{0, 0};
            ::setrlimit(RLIMIT_CORE, &none);
            ::signal(SIGABRT, SIG_DFL);  // the test framework's
            Deadly events;
            lifeOf(events);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        BOOST_TEST(WIFSIGNALED(status), "start " << start);
    }
    Deadly events;
    events.armed = false;
    BOOST_TEST((lifeOf(events) == domain::State::NeedsOperator));
}

BOOST_AUTO_TEST_CASE(a_journal_that_throws_does_not_end_the_engine) {
    const Directory directory;
    engine::EventHub events;
    ThreadedEngine threaded({}, directory.path, events, {.watch_every = 0ms, .answer_within = 60s});
    auto& engine = threaded.engine;
    auto& journal = threaded.journal;
    BOOST_REQUIRE(engine.start().has_value());
    int thrown = 0;
    journal.before = [&] {
        if (++thrown == 1) throw std::bad_alloc();
        if (thrown == 2) throw 17;
    };
    const auto maintained = engine.setMaintenance(base::ServerName("server01"), true, "a test", "operator ada");
    BOOST_TEST(maintained.has_value());  // told when it was durable, at the third attempt
    BOOST_TEST(thrown >= 3);
    engine.stop();
}

BOOST_AUTO_TEST_CASE(the_deciding_thread_tells_that_it_goes_round_and_not_while_it_hangs) {
    const Directory directory;
    engine::EventHub events;
    std::mutex mutex;
    std::condition_variable told;
    int signs = 0;
    engine::EngineSettings settings;
    settings.watch_every = 0ms;
    settings.alive_every = 5ms;
    settings.alive = [&] {
        const std::lock_guard lock(mutex);
        ++signs;
        told.notify_all();
    };
    ThreadedEngine threaded({}, directory.path, events, settings);
    auto& engine = threaded.engine;
    auto& journal = threaded.journal;
    BOOST_REQUIRE(engine.start().has_value());
    const auto awaitSigns = [&](int more) {
        std::unique_lock lock(mutex);
        return told.wait_for(lock, 60s, [&, until = signs + more] { return signs >= until; });
    };
    BOOST_TEST(awaitSigns(3));
    std::promise<void> hangs, go_on;
    journal.before = [&] {
        hangs.set_value();
        go_on.get_future().wait();
        journal.before = nullptr;
    };
    auto asked = std::async(std::launch::async, [&] {
        return engine.setMaintenance(base::ServerName("server01"), true, "a test", "operator ada");
    });
    hangs.get_future().wait();
    int while_it_hung = 0;
    {
        const std::lock_guard lock(mutex);
        while_it_hung = signs;
    }
    go_on.set_value();
    static_cast<void>(asked.get());
    BOOST_TEST(awaitSigns(1));
    BOOST_TEST(while_it_hung >= 3);
    engine.stop();
}

BOOST_AUTO_TEST_SUITE_END()
