// The engine with its thread, its pool of threads, real time and a real journal; only the world is simulated.
#include "coordinator/engine/engine.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "coordinator/domain/phases.hpp"
#include "coordinator/engine/thread_pool_executor.hpp"
#include "coordinator/journal/sqlite_journal.hpp"
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
    explicit RunningEngine(int servers)
        : inventory(simulated::simulatedInventory(servers, servers)),
          world(world_clock),
          journal(directory.path + "/journal.db"),
          engine(inventory, (simulated::furnish(world, inventory), simulated::simulatedDrivers(world, inventory)),
                 journal, executor, clock, events, base::Log("engine", [](base::LogLevel, std::string_view) {}),
                 {.watch_every = 0ms}) {
        BOOST_REQUIRE(engine.start().has_value());
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

}  // namespace

BOOST_AUTO_TEST_SUITE(running_engine)

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
    BOOST_TEST(lab.engine.audit(10)->size() == 3u);
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

BOOST_AUTO_TEST_SUITE_END()
