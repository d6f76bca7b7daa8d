// A rack row dies: many servers of many fail within a second.
#include <boost/test/unit_test.hpp>

#include "coordinator/simulation/simulation.hpp"

using namespace standin;
using namespace standin::simulation;
using domain::StepName;

namespace {

constexpr int servers = 1000;
constexpr int failed = 200;

/// `failed` servers, evenly spread, fail within a second; every fifth is important.
struct RowOfRacks {
    RowOfRacks() : simulation(config(), Simulation::Log::Off) {
        for (int i = 0; i < failed; ++i) {
            const auto when = VirtualTime(1'000'000 + i * 1'000'000 / failed);
            const auto name = numbered("server", 1 + i * (servers / failed));
            BOOST_REQUIRE(simulation.play({*actionFrom("at " + durationText(when) + ": fail " + name)}).has_value());
        }
    }

    static WorldConfig config() {
        WorldConfig given = layOut({.servers = servers, .spares = servers, .vm_hosts = 20});
        given.timings.between_requests = VirtualTime(0);
        given.timings.image_mib = 256;
        given.engine.watch_every = std::chrono::minutes(1);
        int number = 0;
        for (auto& [name, server] : given.inventory.servers) server.priority = ++number % 25 == 1 ? 10 : 0;
        return given;
    }
    [[nodiscard]] std::vector<domain::Operation> failovers() {
        std::vector<domain::Operation> all;
        for (const auto& [id, operation] : simulation.world.disk.operations) all.push_back(operation);
        return all;
    }
    [[nodiscard]] int priorityOf(const domain::Operation& operation) const {
        return simulation.config.inventory.servers.at(operation.server).priority;
    }

    Simulation simulation;
};

const domain::Step& restoreOf(const domain::Operation& operation) {
    return *operation.find({StepName::RestoreSpare, operation.spare.text()});
}

/// From then on it could have been restored: the spare is known to be off, and no VM host uses it.
/// What a step reports reaches the engine with the next batch: turns that were given until then stand.
base::WallTime dueAt(const domain::Operation& operation) {
    constexpr std::chrono::milliseconds next_batch{5};
    return next_batch + std::max(operation.find({StepName::PowerOffSpare, operation.spare.text()})->ended,
                                 operation.find({StepName::ReleaseSpare, operation.spare.text()})->ended);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scale)

BOOST_FIXTURE_TEST_CASE(two_hundred_of_a_thousand_servers_that_fail_within_a_second_all_end_on_their_spares,
                        RowOfRacks) {
    BOOST_REQUIRE(
        simulation.runUntil([&] { return simulation.world.disk.operations.size() == failed && simulation.atRest(); }));
    const auto ending = simulation.run();
    for (const auto& breach : ending.breaches)
        BOOST_TEST_ERROR("rule " << breach.rule << ": " << breach.who << ": " << breach.what);
    const auto all = failovers();
    BOOST_TEST(all.size() == failed);
    for (const auto& operation : all) BOOST_TEST((operation.state == domain::State::Succeeded), operation.why);
}

BOOST_FIXTURE_TEST_CASE(restores_use_the_whole_bandwidth_of_the_store_and_never_more_than_so_many_at_once, RowOfRacks) {
    std::size_t most_at_once = 0;
    auto& transfers = simulation.world.stores.at("store1").transfers;
    BOOST_REQUIRE(simulation.runUntil([&] {
        most_at_once = std::max(most_at_once, transfers.moving() + transfers.waiting());
        return simulation.world.disk.operations.size() == failed && simulation.atRest();
    }));
    BOOST_TEST(most_at_once == engine::default_restores_at_once);

    base::WallTime first = base::WallTime::max(), last{};
    for (const auto& operation : failovers()) {
        first = std::min(first, restoreOf(operation).started);
        last = std::max(last, restoreOf(operation).ended);
    }
    const auto& timings = simulation.config.timings;
    const std::chrono::seconds at_full_bandwidth(failed * timings.image_mib / timings.store_mib_per_second);
    BOOST_TEST((last - first >= at_full_bandwidth));
    BOOST_TEST((last - first < at_full_bandwidth * 11 / 10));
}

BOOST_FIXTURE_TEST_CASE(spares_are_restored_by_their_servers_priority_and_among_equals_by_the_order_of_failures,
                        RowOfRacks) {
    simulation.run();
    const auto all = failovers();
    BOOST_REQUIRE(all.size() == failed);
    std::size_t waited = 0;
    for (const auto& one : all) {
        for (const auto& other : all) {
            const bool comes_first =
                std::pair(-priorityOf(one), one.failure_at) < std::pair(-priorityOf(other), other.failure_at);
            // What had begun when the more urgent one became due goes on.
            if (!comes_first || restoreOf(other).started <= dueAt(one)) continue;
            ++waited;
            BOOST_TEST((restoreOf(one).started <= restoreOf(other).started),
                       base::milliseconds(restoreOf(other).started - dueAt(one))
                           << " ms after it was due another one has begun");
        }
    }
    BOOST_TEST(waited > all.size() * all.size() / 3);  // less: nobody had to wait, and nothing was compared
}

BOOST_FIXTURE_TEST_CASE(every_stand_in_has_its_segment_long_before_the_first_spare_is_ready, RowOfRacks) {
    simulation.run();
    for (const auto& operation : failovers()) {
        const auto* given = operation.find({StepName::GiveSegment, operation.stand_in.text()});
        BOOST_REQUIRE(given != nullptr);
        BOOST_TEST((given->ended - operation.failure_at < std::chrono::seconds(2)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
