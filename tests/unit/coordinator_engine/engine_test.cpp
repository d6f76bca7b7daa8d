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
#include "coordinator/engine/thread_pool_executor.hpp"
#include "coordinator/journal/sqlite_journal.hpp"
#include "tests/simulated/simulated_journal.hpp"
#include "tests/simulated/simulated_world.hpp"

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

struct RunningEngine {
    explicit RunningEngine(int servers) : RunningEngine(simulated::simulatedInventory(servers, servers)) {}
    explicit RunningEngine(engine::Inventory its)
        : inventory(std::move(its)),
          world(world_clock),
          journal(directory.path + "/journal.db"),
          engine(inventory,
                 (simulated::rehearsalSetup(world, inventory), simulated::simulatedDrivers(world, inventory)), journal,
                 executor, clock, events, base::Log("engine", [](base::LogLevel, std::string_view) {}),
                 {.watch_every = 0ms}) {
        BOOST_REQUIRE(engine.start().has_value());
        const auto shown = engine.survey();
        BOOST_REQUIRE(shown.has_value());
        BOOST_REQUIRE(engine.adopt(shown->mark, "operator ada").has_value());
    }
    ~RunningEngine() {
        engine.stop();
        executor.stop();
        const std::lock_guard lock(world.mutex);
        BOOST_TEST(world.breaches.empty());
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
    engine::Inventory inventory;
    simulated::SimulatedClock world_clock;
    simulated::SimulatedWorld world;
    base::SystemClock clock;
    engine::EventHub events;
    journal::SqliteJournal journal;
    engine::ThreadPoolExecutor executor;
    engine::Engine engine;
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
    auto inventory = simulated::simulatedInventory(1, 1);
    const base::SpareName spare("spare01");
    inventory.spares[spare].uuid = "00112233-4455-6677-8899-aabbccddeeff";
    RunningEngine running(inventory);
    const auto fits = [&](const char* told) {
        {
            const std::lock_guard lock(running.world.mutex);
            running.world.machines["spare01"].uuid = told;
        }
        return running.engine.spareFits(spare, base::ImageId("server01-1"));
    };
    BOOST_TEST(fits("00112233-4455-6677-8899-AABBCCDDEEFF").has_value());
    BOOST_TEST(fits("").has_value());  // not confirmed, and that is not demanded
    const auto refused = fits("00112233-4455-6677-8899-aabbccddee00");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Refused));
}

BOOST_AUTO_TEST_CASE(a_failover_runs_to_its_end_on_real_threads_and_a_real_journal) {
    RunningEngine lab(1);
    lab.protect("server01", "spare01");
    const auto outcome =
        lab.engine.reportAndWait({base::ServerName("server01"), "processor", "a test", "trap 1", lab.clock.steady()});
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
    for (int i = 1; i <= 20; ++i) lab.protect(simulated::numbered("server", i), simulated::numbered("spare", i));
    for (int repeat = 0; repeat < 100; ++repeat) {
        for (int i = 1; i <= 20; ++i) {
            BOOST_REQUIRE(lab.engine.report({base::ServerName(simulated::numbered("server", i)), "chassis", "rack 3",
                                             "trap 1", lab.clock.steady()}));
        }
    }
    for (int i = 1; i <= 20; ++i) {
        const auto outcome = lab.engine.reportAndWait(
            {base::ServerName(simulated::numbered("server", i)), "chassis", "rack 3", "trap 1", lab.clock.steady()});
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
    const auto outcome = lab.engine.reportAndWait({server, "processor", "a test", "trap 1", lab.clock.steady()});
    BOOST_REQUIRE(outcome.has_value());
    lab.until(outcome->operation, [](const domain::Operation& failover) {
        const auto* step = failover.find({domain::StepName::RetireHolder, failover.spare.text()});
        return step != nullptr && step->state == domain::StepState::Done;
    });
    const auto refused = lab.engine.returned(server, "operator ada");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("spare 'spare01' is not off") != std::string::npos);
    {
        const std::lock_guard lock(lab.world.mutex);
        lab.world.machines["spare01"].on = false;
        lab.world.machines["server01"].on = true;
        lab.world.repaired.insert("server01");
    }
    const auto returned = lab.engine.returned(server, "operator ada");
    BOOST_TEST(returned.has_value(), (returned ? "" : returned.error().message));
    BOOST_TEST((lab.engine.server(server)->placement.on == domain::Placement::On::Server));
    BOOST_REQUIRE(lab.engine.close(outcome->operation, "operator ada").has_value());
    const std::lock_guard lock(lab.world.mutex);
    BOOST_TEST(lab.world.segments.at("job01").order.owner.text() == "server");
}

BOOST_AUTO_TEST_CASE(an_engine_that_was_stopped_answers_that_it_is) {
    RunningEngine lab(1);
    lab.engine.stop();
    const auto refused =
        lab.engine.request({OperationKind::Prepare, base::ServerName("server01"), {}, "operator ada", {}});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Unreachable));
    BOOST_TEST(!lab.engine.report({base::ServerName("server01"), "processor", "a test", "trap 1", lab.clock.steady()}));
}

BOOST_AUTO_TEST_CASE(an_operation_that_kills_the_process_twice_is_set_aside_at_the_third_start) {
    const Directory directory;
    const auto inventory = simulated::simulatedInventory(2, 2);
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
        simulated::SimulatedClock world_clock;
        simulated::SimulatedWorld world(world_clock);
        simulated::rehearsalSetup(world, inventory);
        base::SystemClock clock;
        journal::SqliteJournal journal(directory.path + "/journal.db");
        engine::ThreadPoolExecutor executor;
        engine::Engine engine(inventory, simulated::simulatedDrivers(world, inventory), journal, executor, clock,
                              events, base::Log("engine", [](base::LogLevel, std::string_view) {}),
                              {.watch_every = 0ms});
        const bool started = engine.start().has_value();
        const auto operation = engine.operation(poisoned);
        engine.stop();
        executor.stop();
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
    const auto inventory = simulated::simulatedInventory(1, 1);
    simulated::SimulatedClock world_clock;
    simulated::SimulatedWorld world(world_clock);
    simulated::rehearsalSetup(world, inventory);
    base::SystemClock clock;
    engine::EventHub events;
    simulated::SimulatedJournal journal;
    engine::ThreadPoolExecutor executor;
    engine::Engine engine(inventory, simulated::simulatedDrivers(world, inventory), journal, executor, clock, events,
                          base::Log("engine", [](base::LogLevel, std::string_view) {}),
                          {.watch_every = 0ms, .answer_within = 60s});
    BOOST_REQUIRE(engine.start().has_value());
    int thrown = 0;
    journal.before = [&](int) {
        if (++thrown == 1) throw std::bad_alloc();
        if (thrown == 2) throw 17;
    };
    const auto maintained = engine.setMaintenance(base::ServerName("server01"), true, "a test", "operator ada");
    BOOST_TEST(maintained.has_value());  // told when it was durable, at the third attempt
    BOOST_TEST(thrown >= 3);
    engine.stop();
    executor.stop();
}

BOOST_AUTO_TEST_CASE(the_deciding_thread_tells_that_it_goes_round_and_not_while_it_hangs) {
    const auto inventory = simulated::simulatedInventory(1, 1);
    simulated::SimulatedClock world_clock;
    simulated::SimulatedWorld world(world_clock);
    simulated::rehearsalSetup(world, inventory);
    base::SystemClock clock;
    engine::EventHub events;
    simulated::SimulatedJournal journal;
    engine::ThreadPoolExecutor executor;
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
    engine::Engine engine(inventory, simulated::simulatedDrivers(world, inventory), journal, executor, clock, events,
                          base::Log("engine", [](base::LogLevel, std::string_view) {}), settings);
    BOOST_REQUIRE(engine.start().has_value());
    const auto awaitSigns = [&](int more) {
        std::unique_lock lock(mutex);
        return told.wait_for(lock, 60s, [&, until = signs + more] { return signs >= until; });
    };
    BOOST_TEST(awaitSigns(3));
    std::promise<void> hangs, go_on;
    journal.before = [&](int) {
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
    executor.stop();
}

BOOST_AUTO_TEST_SUITE_END()
