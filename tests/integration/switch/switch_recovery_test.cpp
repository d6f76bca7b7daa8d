#include <boost/test/unit_test.hpp>

#include "agent/switch/ovs/ovsdb_names.hpp"
#include "agent/switch/ovs/unixctl.hpp"
#include "tests/integration/switch/switched_job.hpp"

using namespace standin;
using namespace standin::tests;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(switch_recovery, SwitchedJob)

BOOST_AUTO_TEST_CASE(without_a_database_an_order_certainly_did_not_happen_and_later_it_does) {
    give(order("server"));
    lan.stopDatabase();
    BOOST_TEST(eventually([&] { return !keeper->view().has_value(); }));
    auto refused = tryOrder(order("stand-in"));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Unreachable), refused.error().message);
    lan.startDatabase();
    BOOST_TEST(eventually([&] { return tryOrder(order("stand-in")).has_value(); }));
    BOOST_TEST(vlanOf(stand_in) == job_vlan);
    BOOST_TEST(vlanOf(server) >= 3000);
}

BOOST_AUTO_TEST_CASE(an_order_that_the_database_begins_late_does_not_undo_a_later_one) {
    give(order("server"));
    lan.pauseDatabase();
    auto given_up = tryOrder(order("stand-in"));
    BOOST_REQUIRE(!given_up);
    BOOST_TEST((given_up.error().code == base::ErrorCode::TimedOut), given_up.error().message);
    auto later = tryOrder(order("server"));
    lan.resumeDatabase();
    BOOST_TEST((later || eventually([&] { return tryOrder(order("server")).has_value(); })));
    lan.vsctl({"set", "bridge", lan.bridge(), "external_ids:somebody=1"});  // comes behind all of them
    BOOST_TEST(eventually([&] { return (*keeper->view())->applied; }));
    BOOST_TEST(vlanOf(server) == job_vlan);
    BOOST_TEST(vlanOf(stand_in) >= 3000);
}

BOOST_AUTO_TEST_CASE(a_switch_that_does_not_apply_is_not_taken_for_one_that_did) {
    give(order("server"));
    lan.stopDaemon();
    auto unknown = tryOrder(order("stand-in"));
    BOOST_REQUIRE(!unknown);
    BOOST_TEST((unknown.error().code == base::ErrorCode::TimedOut), unknown.error().message);
    BOOST_TEST(!keeper->segment(id)->verified);
    // The same order again must not be waved through only because the database has it already.
    auto again = tryOrder(order("stand-in"));
    BOOST_REQUIRE(!again);
    BOOST_TEST((again.error().code == base::ErrorCode::TimedOut), again.error().message);
    lan.startDaemon();
    EchoJob on_stand_in(stand_in, "stand-in");
    BOOST_TEST(eventually([&] { return tryOrder(order("stand-in")).has_value(); }));
    BOOST_TEST(keeper->segment(id)->verified);
    BOOST_TEST(Connection(client, job_address).ask() == "stand-in");
}

BOOST_AUTO_TEST_CASE(what_was_changed_while_the_agent_was_away_is_put_right_when_it_is_back) {
    give(order("stand-in"));
    const int quarantine = vlanOf(server);
    keeper.reset();
    lan.unplug(server);
    lan.plugIn(server, job_vlan);
    restartKeeper();
    BOOST_TEST(eventually([&] { return vlanOf(server) == quarantine; }));
    BOOST_TEST(repairs == 1);
}

BOOST_AUTO_TEST_CASE(orders_for_many_segments_at_once_all_come_true) {
    give(order("server"));
    constexpr int segments = 8;
    std::vector<Machine> machines;
    for (int i = 0; i < segments; ++i) {
        machines.push_back(lan.addMachine("m" + std::to_string(i), "52:54:00:09:02:0" + std::to_string(i), "", 4000));
    }
    std::vector<std::thread> callers;
    std::atomic<int> failures{0};
    for (int i = 0; i < segments; ++i) {
        callers.emplace_back([&, i] {
            protocol::SegmentOrder own;
            own.vlan = static_cast<std::uint16_t>(200 + i);
            own.address = "10.9.2." + std::to_string(i + 1);
            own.members = {{base::MemberName("server"), base::PortName(machines[static_cast<std::size_t>(i)].port()),
                            "52:54:00:09:02:0" + std::to_string(i)}};
            for (const char* owner : {"server", "", "server"}) {
                own.owner = base::MemberName(owner);
                auto given = keeper->order(base::SegmentId("many" + std::to_string(i)), own, {1, ++sequence});
                if (!given || !given->verified) ++failures;
            }
        });
    }
    // Somebody works at the switch by hand at the same time.
    for (int i = 0; i < 10; ++i)
        lan.vsctl({"set", "bridge", lan.bridge(), "external_ids:somebody=" + std::to_string(i)});
    for (auto& caller : callers) caller.join();
    BOOST_TEST(failures == 0);
    for (int i = 0; i < segments; ++i) BOOST_TEST(vlanOf(machines[static_cast<std::size_t>(i)]) == 200 + i);
    BOOST_TEST(lan.vsctl({"get", "bridge", lan.bridge(), "external_ids:somebody"}).find('9') != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unreadable_record_is_told_and_never_obeyed) {
    give(order("server"));
    lan.vsctl({"set", "bridge", lan.bridge(),
               std::string("external_ids:") + lan_switch::segment_key_prefix + "job09=nonsense"});
    BOOST_TEST(eventually([&] { return (*keeper->view())->problems.size() == 1; }));
    BOOST_TEST(keeper->segment(id)->verified);
    BOOST_TEST(!keeper->segment(base::SegmentId("job09")));
}

BOOST_AUTO_TEST_CASE(what_was_learned_of_a_machine_behind_another_switch_is_forgotten_when_it_moves_here) {
    lan.addSwitchBehindTrunk(job_vlan);
    const auto elsewhere =
        lan.addMachine("else", spare_mac, "10.9.1.77/24", job_vlan, PrivateSwitch::Place::BehindTrunk);
    give(order("stand-in"));
    auto trunkPort = [&] {
        const auto number = lan.vsctl({"get", "interface", lan.port("t0"), "ofport"});
        return number.substr(0, number.find('\n'));
    };
    EchoJob on_client(client, "client");
    BOOST_TEST(Connection(elsewhere, "10.9.1.100").ask() == "client");
    BOOST_TEST(!lan_switch::remembersElsewhere(lan.learnedAddresses(), job_vlan, {spare_mac}, trunkPort()));
    elsewhere.ip({"link", "set", "eth0", "down"});
    BOOST_TEST(keeper->announce(id).has_value());
    BOOST_TEST(eventually([&] { return lan.learnedAddresses().find(spare_mac) == std::string::npos; }));
}

BOOST_AUTO_TEST_SUITE_END()
