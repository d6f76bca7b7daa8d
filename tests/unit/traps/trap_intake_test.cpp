#include "coordinator/traps/trap_intake.hpp"

#include <boost/test/unit_test.hpp>
#include <mutex>

#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;

namespace {

/// Remembers; the order of calls across sink and log shows in `events`.
struct RememberingLog final : TrapLog {
    std::uint64_t next = 1;
    std::vector<TrapRecord> records;
    std::vector<std::string>* events = nullptr;

    std::uint64_t idFor(const Trap&) override { return next++; }
    void record(TrapRecord record) override {
        if (events != nullptr) events->push_back("recorded");
        records.push_back(std::move(record));
    }
    standin::base::Result<std::vector<TrapRecord>> list(const TrapQuery&) override { return records; }
    standin::base::Result<TrapRecord> find(std::uint64_t) override { return records.at(0); }
    [[nodiscard]] Counts counts() const override { return {}; }
};

const standin::base::SystemClock system_clock;

struct Intake {
    TrapQueue queue;
    RememberingLog trap_log;
    const ServerDirectory servers = directory();
    std::vector<FailureReport> reports;
    std::vector<std::uint64_t> others;
    std::vector<std::string> events;
    std::vector<std::string> lines;
    TrapIntake intake;

    Intake()
        : intake(queue,
                 rules("rules: [{name: r, reason: the board is dead, oids: [1.3.6.1.4.1.9.*], verdict: failure, kind: "
                       "chassis}]"),
                 servers,
                 TrapIntake::Outlets{trap_log,
                                     [this](const FailureReport& report) {
                                         events.push_back("reported");
                                         reports.push_back(report);
                                     },
                                     [this](const TrapRecord& record) { others.push_back(record.id); }},
                 system_clock,
                 standin::base::Log("traps", [this](auto, std::string_view line) { lines.emplace_back(line); })) {
        trap_log.events = &events;
    }
    void handle(std::vector<Trap> all) {
        for (auto& one : all) queue.push(std::move(one));
        intake.start();
        intake.stop();  // handles what is queued
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(trap_intake)

BOOST_AUTO_TEST_CASE(a_failure_is_reported_before_it_is_recorded) {
    Intake one;
    Trap made = trap("1.3.6.1.4.1.9.2");
    made.arrived_steady = system_clock.steady();
    one.handle({made});
    BOOST_REQUIRE(one.reports.size() == 1U);
    BOOST_TEST(one.reports[0].server.text() == "server01");
    BOOST_TEST(one.reports[0].kind == "chassis");
    BOOST_TEST(one.reports[0].cause == "the board is dead (trap from 127.77.0.101)");
    BOOST_TEST((one.reports[0].arrived_steady == made.arrived_steady));
    BOOST_TEST(one.reports[0].trap_id == one.trap_log.records[0].id);
    BOOST_TEST((one.events == std::vector<std::string>{"reported", "recorded"}));
}

BOOST_AUTO_TEST_CASE(every_other_trap_is_recorded_with_its_verdict_and_reported_to_nobody) {
    Intake one;
    Trap refused = trap("1.3.6.1.4.1.9.2");
    refused.refusal = "refused: community";
    one.handle({trap("1.3.6.1.4.1.10.1"), trap("1.3.6.1.4.1.9.2", "10.9.9.9"), refused});
    BOOST_TEST(one.reports.empty());
    BOOST_REQUIRE(one.trap_log.records.size() == 3U);
    BOOST_TEST((one.trap_log.records[0].verdict.outcome == Verdict::Outcome::NoRule));
    BOOST_TEST((one.trap_log.records[1].verdict.outcome == Verdict::Outcome::UnknownServer));
    BOOST_TEST((one.trap_log.records[2].verdict.outcome == Verdict::Outcome::Refused));
    BOOST_TEST(one.trap_log.records[2].verdict.reason == "refused: community");
}

BOOST_AUTO_TEST_CASE(what_is_no_failure_goes_on_with_its_grade_and_a_failure_does_not) {
    Intake one;
    one.handle({trap("1.3.6.1.4.1.9.2"), trap("1.3.6.1.4.1.10.1"), trap("1.3.6.1.4.1.10.2")});
    BOOST_TEST(one.reports.size() == 1U);
    BOOST_TEST((one.others == std::vector<std::uint64_t>{2, 3}));
    BOOST_TEST(one.intake.counts().grades[static_cast<std::size_t>(Grade::Failure)] == 1U);
    BOOST_TEST(one.intake.counts().grades[static_cast<std::size_t>(Grade::None)] == 2U);
}

BOOST_AUTO_TEST_CASE(repeats_are_counted_by_outcome) {
    Intake one;
    one.handle({trap("1.3.6.1.4.1.10.1"), trap("1.3.6.1.4.1.10.1"), trap("1.3.6.1.4.1.9.2")});
    BOOST_TEST(one.intake.counts().traps[static_cast<std::size_t>(Verdict::Outcome::NoRule)] == 2U);
    BOOST_TEST(one.intake.counts().traps[static_cast<std::size_t>(Verdict::Outcome::Failure)] == 1U);
}

BOOST_AUTO_TEST_CASE(a_storm_does_not_fill_the_log_with_lines) {
    Intake one;
    std::vector<Trap> storm;
    for (int i = 0; i < 5000; ++i) {
        storm.push_back(trap("1.3.6.1.4.1.9." + std::to_string(i), "10.9.9.9"));
    }
    one.handle(std::move(storm));
    BOOST_TEST(one.trap_log.records.size() == 5000U);
    BOOST_TEST(one.lines.size() < 500U);
}

BOOST_AUTO_TEST_CASE(a_failure_is_acknowledged_when_journal_and_trap_log_have_it) {
    Intake one;
    int acknowledged = 0;
    Trap made = trap("1.3.6.1.4.1.9.2");
    for (int repeated = 0; repeated < 2; ++repeated) made.acknowledge.push_back([&] { ++acknowledged; });
    one.handle({made});
    BOOST_REQUIRE(one.reports.size() == 1U);
    BOOST_REQUIRE(one.trap_log.records.at(0).trap.acknowledge.size() == 1U);
    BOOST_TEST(acknowledged == 0);
    one.trap_log.records[0].trap.acknowledge[0]();
    BOOST_TEST(acknowledged == 0);
    one.reports[0].when_durable();
    BOOST_TEST(acknowledged == 2);
}

BOOST_AUTO_TEST_CASE(equal_informs_that_wait_are_all_acknowledged) {
    Intake one;
    int acknowledged = 0;
    std::vector<Trap> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(trap("1.3.6.1.4.1.8.1"));  // no failure
        all.back().acknowledge.push_back([&] { ++acknowledged; });
    }
    one.handle(std::move(all));
    for (const auto& record : one.trap_log.records) {
        for (const auto& done : record.trap.acknowledge) done();
    }
    BOOST_TEST(acknowledged == 3);
}

BOOST_AUTO_TEST_CASE(what_the_sink_throws_is_one_traps_and_the_next_one_is_handled) {
    TrapQueue queue;
    RememberingLog trap_log;
    int reports = 0;
    std::vector<std::string> lines;
    const auto servers = directory();
    TrapIntake intake(
        queue, rules("rules: [{name: r, reason: dead, oids: [1.3.6.1.4.1.9.*], verdict: failure, kind: chassis}]"),
        servers,
        TrapIntake::Outlets{trap_log,
                            [&](const FailureReport&) {
                                if (++reports == 1) throw std::bad_alloc();
                            }},
        system_clock, standin::base::Log("traps", [&](auto, std::string_view line) { lines.emplace_back(line); }));
    queue.push(trap("1.3.6.1.4.1.9.2"));
    queue.push(trap("1.3.6.1.4.1.9.3"));
    intake.start();
    intake.stop();
    BOOST_TEST(reports == 2);
    BOOST_TEST(trap_log.records.size() == 1U);
    BOOST_TEST(!lines.empty());
}

BOOST_AUTO_TEST_SUITE_END()
