#include "coordinator/what_if/durations.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using domain::StepName;
using what_if::Durations;
using what_if::Expectation;

namespace {

domain::Operation past(const std::string& server, double restore_ms) {
    domain::Operation operation;
    operation.server = base::ServerName(server);
    auto& step = operation.at({StepName::RestoreSpare, "spare01"});
    step.state = domain::StepState::Done;
    step.attempts = 1;
    step.duration_ms = restore_ms;
    auto& failed = operation.at({StepName::ProbeSpare, "spare01"});
    failed.state = domain::StepState::Failed;
    failed.attempts = 9;
    failed.duration_ms = 1;
    return operation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(durations)

BOOST_AUTO_TEST_CASE(a_servers_own_past_counts_before_that_of_others) {
    const Durations known(
        {past("server01", 100), past("server01", 900), past("server01", 200), past("server02", 5000)});
    const auto own = known.of(StepName::RestoreSpare, base::ServerName("server01"));
    BOOST_REQUIRE(own.has_value());
    BOOST_TEST(own->ms == 200);  // the median: one slow run does not count
    BOOST_TEST(own->runs == 3u);
    BOOST_TEST((own->basis == Expectation::Basis::SameServer));
    const auto others = known.of(StepName::RestoreSpare, base::ServerName("server03"));
    BOOST_REQUIRE(others.has_value());
    BOOST_TEST(others->ms == 550);
    BOOST_TEST((others->basis == Expectation::Basis::OtherServers));
}

BOOST_AUTO_TEST_CASE(what_did_not_succeed_says_nothing_about_how_long_it_takes) {
    const Durations known({past("server01", 100)});
    BOOST_TEST(!known.of(StepName::ProbeSpare, base::ServerName("server01")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
