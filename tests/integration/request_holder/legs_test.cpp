#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "agent/base/process.hpp"
#include "agent/request_holder/network/leg.hpp"
#include "agent/request_holder/network/link.hpp"
#include "holder_lab.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin::request_holder;
using namespace standin::request_holder::test;
using standin::base::ErrorCode;
using standin::protocol::HoldState;

BOOST_AUTO_TEST_CASE(a_leg_takes_its_interface_and_hands_it_back) {
    HolderLab lab;
    Leg leg("standin-" + lab.agentName() + "-job01-front", lab.settings().front);
    BOOST_REQUIRE(leg.bringUp());
    BOOST_TEST(!Link::observe(lab.frontInterface()).present);
    BOOST_TEST(leg.verify().has_value());
    BOOST_REQUIRE(leg.takeDown());
    BOOST_TEST(Link::observe(lab.frontInterface()).present);
    BOOST_TEST(leg.takeDown().has_value());
}

BOOST_AUTO_TEST_CASE(a_leg_left_by_a_killed_agent_is_taken_over) {
    HolderLab lab;
    const auto name = "standin-" + lab.agentName() + "-job01-front";
    BOOST_REQUIRE(Leg(name, lab.settings().front).bringUp());
    Leg again(name, lab.settings().front);
    BOOST_REQUIRE(again.bringUp());
    BOOST_REQUIRE(again.bringUp());
    BOOST_TEST(again.verify().has_value());
}

BOOST_AUTO_TEST_CASE(a_leg_whose_address_was_changed_gets_the_configured_one_only) {
    HolderLab lab;
    const auto name = "standin-" + lab.agentName() + "-job01-front";
    auto other = lab.settings().front;
    other.address = NetworkAddress::parse("10.99.1.11/24").value();
    BOOST_REQUIRE(Leg(name, other).bringUp());
    Leg leg(name, lab.settings().front);
    BOOST_REQUIRE(leg.bringUp());
    Link link;
    BOOST_REQUIRE(leg.space().run([&] { link = Link::observe(lab.frontInterface()); }));
    BOOST_TEST(link.addresses == std::vector<std::string>{"10.99.1.10/24"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_interface_is_told_by_name_and_found_when_it_comes) {
    HolderLab lab;
    auto settings = lab.settings();
    settings.front.interface = lab.frontInterface().substr(0, 12) + "no";
    JobHolder holder(settings, lab.agentName(), {}, standin::base::Log("test", [](auto, auto) {}));
    auto started = holder.start();
    BOOST_REQUIRE(!started);
    BOOST_TEST((started.error().code == ErrorCode::NotFound));
    BOOST_TEST(started.error().message.find(settings.front.interface) != std::string::npos);
    BOOST_TEST(!holder.checks().front().ok);
    BOOST_TEST(!holder.checks().front().cure.empty());

    BOOST_REQUIRE(standin::base::runToSuccess(
        {{"ip", "link", "set", lab.frontInterface(), "name", settings.front.interface}, {}}));
    BOOST_TEST(holder.change(HoldState::Holding).has_value());
    for (const auto& check : holder.checks()) BOOST_TEST(check.ok, check.name << ": " << check.detail);
    holder.stop();
    BOOST_REQUIRE(standin::base::runToSuccess(
        {{"ip", "link", "set", settings.front.interface, "name", lab.frontInterface()}, {}}));
}

BOOST_AUTO_TEST_CASE(an_interface_that_goes_down_makes_the_check_fail_and_the_next_command_brings_it_up) {
    HolderLab lab;
    auto holder = lab.holder();
    const auto space = "standin-" + lab.agentName() + "-job01-back";
    BOOST_REQUIRE(standin::base::runToSuccess({{"ip", "-n", space, "link", "set", lab.backInterface(), "down"}, {}}));
    BOOST_TEST(!holder->checks()[1].ok);
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    BOOST_TEST(holder->checks()[1].ok);
}

BOOST_AUTO_TEST_CASE(a_stopped_holder_has_closed_its_connections_visibly_and_left_no_namespace) {
    HolderLab lab;
    auto holder = lab.holder();
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto client = lab.client();
    BOOST_REQUIRE(client.send("1\n"));
    BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.held_bytes == 2; }));
    holder->stop();
    for (const auto* side : {"front", "back"}) {
        BOOST_TEST(::access(fmt::format("/run/netns/standin-{}-job01-{}", lab.agentName(), side).c_str(), F_OK) != 0);
    }
    BOOST_TEST(Link::observe(lab.frontInterface()).present);
    BOOST_TEST(Link::observe(lab.backInterface()).present);
}

BOOST_AUTO_TEST_CASE(an_agent_that_is_restarted_while_it_holds_listens_again) {
    HolderLab lab;
    const standin::tests::TemporaryDirectory state;
    auto holder = lab.holder({}, state / "hold-job01");
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    holder->stop();

    auto again = lab.holder({}, state / "hold-job01");
    BOOST_TEST((again->status().value().hold.state == HoldState::Holding));
    auto client = lab.client();
    BOOST_REQUIRE(client.open());
    BOOST_REQUIRE(client.send("1\n"));
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(again->change(HoldState::Releasing));
    BOOST_TEST(client.line() == "done 1");
    BOOST_REQUIRE(again->change(HoldState::Idle));
    again->stop();

    BOOST_TEST(!lab.holder({}, state / "hold-job01")->status().value().hold.listening);
}
