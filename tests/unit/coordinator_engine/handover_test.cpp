#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using simulated::Fault;

namespace {

bool retry(Protected& lab, domain::OperationId id) {
    const auto accepted =
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator ada"); }).has_value();
    lab.coordinator.run(std::chrono::minutes(30));
    return accepted;
}

domain::StepState stepStateOf(const domain::Operation& operation, domain::StepName name, const std::string& subject) {
    const auto* step = operation.find({name, subject});
    return step == nullptr ? domain::StepState::Planned : step->state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handover)

BOOST_AUTO_TEST_CASE(a_failover_does_not_wait_for_clients_that_keep_connections_open_through_the_holder) {
    Protected lab;
    lab.world.holds["job01"].proxied = 2;
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(5));
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
    BOOST_TEST(lab.world.segments["job01"].order.proxied);
    BOOST_TEST(!lab.told("connections"));

    lab.world.holds["job01"].proxied = 0;
    lab.coordinator.run(std::chrono::minutes(5));
    BOOST_TEST(!lab.world.segments["job01"].order.proxied);
    BOOST_TEST((lab.world.holds["job01"].state == protocol::HoldState::Idle));
}

BOOST_AUTO_TEST_CASE(a_connection_through_the_holder_that_never_ends_is_ended_after_an_hour_in_silence) {
    Protected lab;
    lab.world.holds["job01"].proxied = 1;
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(55));
    BOOST_TEST(lab.world.segments["job01"].order.proxied);
    const auto told = lab.world.told.size();
    lab.coordinator.run(std::chrono::minutes(15));
    BOOST_TEST(!lab.world.segments["job01"].order.proxied);
    BOOST_TEST(lab.world.told.size() == told);
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(what_is_left_in_the_holder_does_not_take_the_segment_from_a_server_that_has_its_job_again) {
    Protected lab;
    lab.world.holds["job01"].proxied = 1;
    lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(5));
    lab.world.segments["job01"].order.owner = base::MemberName("server");  // as `standinctl returned` does
    lab.world.holds["job01"].proxied = 0;
    lab.coordinator.run(std::chrono::hours(3));
    BOOST_TEST(lab.owner() == "server");
}

BOOST_AUTO_TEST_CASE(the_spare_of_the_cold_path_gets_no_connections_through_the_holder) {
    Protected lab;
    lab.world.stand_ins.at(lab.standIn()).answers = false;
    lab.failAndRun();
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(!lab.world.segments["job01"].order.proxied);
}

// The breach is found by the simulated switch.
BOOST_AUTO_TEST_CASE(held_requests_are_returned_before_new_ones_reach_the_stand_in_again) {
    Protected lab;
    auto& stand_in = lab.world.stand_ins.at(lab.standIn());
    stand_in.connections = 1;
    stand_in.endless = true;
    lab.failAndRun();
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.world.holds["job01"].held == 0U);
    BOOST_TEST(lab.world.holds["job01"].delivered == 9U);  // three in each of three handovers
}

BOOST_AUTO_TEST_CASE(the_back_leg_stays_with_the_stand_in_while_a_returned_request_waits_for_its_answer) {
    Protected lab;
    auto& stand_in = lab.world.stand_ins.at(lab.standIn());
    stand_in.connections = 1;
    stand_in.endless = true;
    lab.world.holds["job01"].unanswered = 1;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(failover.handovers == 1U);
    BOOST_TEST(lab.world.segments["job01"].order.back_leg_to.text() == "stand-in");
}

// Found by the model of the protocol: an order of one's own that is still on its way is overtaken by a newer one only.
BOOST_AUTO_TEST_CASE(who_returns_requests_gives_an_order_for_the_segment_though_a_deposed_coordinator_has_returned_it) {
    Protected lab;
    auto& stand_in = lab.world.stand_ins.at(lab.standIn());
    stand_in.connections = 1;
    stand_in.endless = true;
    lab.world.holds["job01"].unanswered = 1;  // so that nothing else is ordered behind it
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        auto& order = lab.world.segments["job01"].order;
        if (verb != "stand_in.running" || order.owner.text() != "holder") return;
        lab.world.holds["job01"].held = 0;
        order.owner = order.back_leg_to = base::MemberName("stand-in");
        lab.world.progress.clear();
    };
    lab.failAndRun();
    BOOST_TEST(std::count(lab.world.progress.begin(), lab.world.progress.end(), "segment.set job01") == 1);
    BOOST_TEST(lab.owner() == "stand-in");
}

BOOST_AUTO_TEST_CASE(a_holder_that_is_gone_does_not_keep_new_requests_from_the_stand_in) {
    Protected lab;
    auto& stand_in = lab.world.stand_ins.at(lab.standIn());
    stand_in.connections = 1;
    stand_in.endless = true;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb != "hold.holding") return;
        lab.world.fail("hold.get", Fault::Unreachable);
        lab.world.fail("hold.releasing", Fault::Unreachable);
        lab.world.holds["job01"].held = 0;  // lost with it
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "stand-in");
}

BOOST_AUTO_TEST_CASE(a_retry_after_the_requests_were_released_leaves_the_spare_alone_that_executes_them) {
    Protected lab;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.releasing") lab.world.fail("segment.set", Fault::Refuses);
    };
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(30));
    BOOST_REQUIRE(stateOf(lab.coordinator.operation(id)) == "NeedsOperator");
    lab.world.after_effect = nullptr;
    lab.world.heal("segment.set");
    lab.world.progress.clear();
    BOOST_TEST(retry(lab, id));
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded", lab.coordinator.operation(id).why);
    const auto& progress = lab.world.progress;
    BOOST_TEST((std::find(progress.begin(), progress.end(), "power.off spare01") == progress.end()));
    const std::vector<std::string> owners{"server", "nobody", "stand-in", "holder", "spare"};
    BOOST_TEST(lab.world.owners["job01"] == owners, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_retry_half_way_returns_what_is_held_before_the_handover_begins_anew) {
    Protected lab(1, 1, domain::FencePolicy::Power);
    lab.world.fail("stand_in.suspended", Fault::Unreachable);
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(30));
    BOOST_REQUIRE(stateOf(lab.coordinator.operation(id)) == "NeedsOperator");
    BOOST_REQUIRE(lab.owner() == "holder");
    BOOST_REQUIRE(lab.world.holds["job01"].held == 3U);
    lab.world.heal("stand_in.suspended");
    BOOST_TEST(retry(lab, id));
    const auto failover = lab.coordinator.operation(id);
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(
        (stepStateOf(failover, domain::StepName::ReturnRequests, failover.stand_in.text()) == domain::StepState::Done));
    const std::vector<std::string> owners{"server", "nobody", "stand-in", "holder", "stand-in", "holder", "spare"};
    BOOST_TEST(lab.world.owners["job01"] == owners, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_operator_is_told_when_the_segment_went_to_a_stand_in_that_nobody_could_ask) {
    Protected lab;
    lab.world.fail("probe", Fault::Unreachable);
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::seconds(1));
    const auto failover = lab.coordinator.operation(id);
    BOOST_TEST(lab.owner() == "stand-in");
    const bool noted = std::any_of(failover.notes.begin(), failover.notes.end(), [](const auto& note) {
        return note.topic == "stand_in_unproved" && note.level == domain::Note::Level::Warning && !note.cure.empty();
    });
    BOOST_TEST(noted);
    BOOST_TEST(lab.told("could not be asked whether its job answers"));
}

BOOST_AUTO_TEST_CASE(clients_get_their_requests_answered_before_the_stand_in_is_shut_down) {
    Protected lab;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded");
    BOOST_TEST((lab.world.stand_ins.at(lab.standIn()).stand_in.state == protocol::StandInState::Stopped));
    const auto& progress = lab.world.progress;
    const auto at = [&](const std::string& what, auto from) { return std::find(from, progress.end(), what); };
    const auto frozen = at("stand_in.suspended " + lab.standIn(), progress.begin());
    const auto released = at("hold.releasing job01", frozen);
    const auto given = at("segment.set job01", released);
    const auto stopped = at("stand_in.stopped " + lab.standIn(), given);
    BOOST_TEST((stopped != progress.end()));
    BOOST_TEST((at("stand_in.stopped " + lab.standIn(), progress.begin()) == stopped));
}

BOOST_AUTO_TEST_CASE(a_pool_of_busy_connections_does_not_keep_the_handover_from_its_end) {
    Protected lab;
    auto& stand_in = lab.world.stand_ins.at(lab.standIn());
    stand_in.connections = stand_in.just_answered = 2;
    stand_in.endless = true;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.handovers == 1U);
    BOOST_TEST(failover.find(domain::StepName::DrainStandIn, lab.standIn())->duration_ms >= 5'000);
}

BOOST_AUTO_TEST_CASE(a_stand_in_whose_connections_were_not_all_seen_is_not_taken_for_drained) {
    Protected lab;
    lab.world.stand_ins.at(lab.standIn()).seen = false;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator", failover.why);
    BOOST_TEST(failover.why.find("has not seen all connections") != std::string::npos, failover.why);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.world.holds["job01"].held == 0U);
    lab.world.stand_ins.at(lab.standIn()).seen = true;
    BOOST_TEST(retry(lab, failover.id));
    BOOST_TEST(stateOf(lab.coordinator.operation(failover.id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_a_request_has_reached_in_the_last_moment_answers_it_first) {
    Protected lab;
    auto& stand_in = lab.world.stand_ins.at(lab.standIn());
    int times = 0;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb != "stand_in.suspended" || ++times > 2) return;
        stand_in.connections = 1;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.handovers == 1U);
    BOOST_TEST(failover.find(domain::StepName::FreezeStandIn, lab.standIn())->attempts == 3U);
}

BOOST_AUTO_TEST_CASE(the_stand_in_goes_on_when_the_spare_dies_before_it_has_got_anything) {
    Protected lab;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "stand_in.suspended") lab.world.machines.at("spare01").boots = false;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed", failover.why);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST((lab.world.stand_ins.at(lab.standIn()).stand_in.state == protocol::StandInState::Running));
    BOOST_TEST((lab.placement().on == domain::Placement::On::StandIn));
    BOOST_TEST(lab.world.holds["job01"].held == 0U);
}

BOOST_AUTO_TEST_CASE(the_stand_in_does_not_go_on_when_the_spare_has_got_something) {
    Protected lab;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb != "hold.releasing" || lab.world.holds["job01"].delivered > 0) return;
        lab.world.holds["job01"].delivered = 1;
        lab.world.machines.at("spare01").boots = false;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator", failover.why);
    BOOST_TEST((lab.world.stand_ins.at(lab.standIn()).stand_in.state == protocol::StandInState::Suspended));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_not_known_to_be_right_is_told_and_holds_nobody_up) {
    Protected lab;
    lab.world.stand_ins.at(lab.standIn()).stand_in.clock = {protocol::GuestClock::State::NotSet, 0, "no agent answers"};
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(lab.told("before its clock was known to be right: no agent answers"));
}

BOOST_AUTO_TEST_SUITE_END()
