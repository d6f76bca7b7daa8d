#include <boost/test/unit_test.hpp>
#include <set>

#include "agent/switch/ovs/unixctl.hpp"
#include "tests/integration/switch/switched_job.hpp"

using namespace standin;
using namespace standin::tests;

BOOST_FIXTURE_TEST_SUITE(segment_orders, SwitchedJob)

BOOST_AUTO_TEST_CASE(only_the_owner_is_in_the_segment_and_all_others_are_alone) {
    auto segment = give(order("server"));
    BOOST_TEST(segment.verified);
    BOOST_TEST(vlanOf(server) == job_vlan);
    std::set<int> quarantines;
    for (const auto* machine : {&stand_in, &spare, &holder, &back_leg}) {
        BOOST_TEST(vlanOf(*machine) >= 3000);
        BOOST_TEST(quarantines.insert(vlanOf(*machine)).second);
    }
    BOOST_TEST(lan.vsctl({"get", "port", spare.port(), "external_ids:standin-quarantine"})
                   .find(std::to_string(vlanOf(spare))) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_client_reaches_whoever_owns_the_segment) {
    EchoJob on_server(server, "server");
    EchoJob on_stand_in(stand_in, "stand-in");
    EchoJob on_spare(spare, "spare");
    for (const std::string owner : {"server", "stand-in", "spare", "stand-in", "server"}) {
        auto segment = give(order(owner));
        BOOST_TEST(segment.verified);
        BOOST_TEST(segment.transaction_ms > 0);
        BOOST_TEST(segment.announce_ms > 0);
        Connection connection(client, job_address);
        BOOST_TEST(connection.ask() == owner);
    }
}

BOOST_AUTO_TEST_CASE(the_clients_learn_a_new_mac_from_the_announcement_alone) {
    EchoJob on_server(server, "server");
    give(order("server"));
    Connection connection(client, job_address);
    BOOST_TEST(connection.ask() == "server");
    BOOST_TEST(client.neighbour(job_address) == server_mac);
    give(order("spare"));
    BOOST_TEST(eventually([&] { return client.neighbour(job_address) == spare_mac; }));
    BOOST_TEST(lan_switch::remembersElsewhere(lan.learnedAddresses(), job_vlan, {server_mac}, "0") == false);
}

BOOST_AUTO_TEST_CASE(nobody_is_reached_once_the_port_is_fenced) {
    EchoJob on_server(server, "server");
    give(order("server"));
    Connection connection(client, job_address);
    BOOST_TEST(connection.ask() == "server");
    auto segment = give(order(""));
    BOOST_TEST(segment.verified);
    BOOST_TEST(vlanOf(server) >= 3000);
    BOOST_TEST(connection.ask(std::chrono::milliseconds(300)) == "");
}

BOOST_AUTO_TEST_CASE(the_same_order_again_changes_nothing) {
    give(order("server"));
    const auto before = lan.vsctl({"get", "open_vswitch", ".", "next_cfg"});
    auto segment = keeper->order(id, order("server"), {1, sequence});
    BOOST_REQUIRE(segment);
    BOOST_TEST(segment->verified);
    BOOST_TEST(segment->announce_ms == 0);
    BOOST_TEST(lan.vsctl({"get", "open_vswitch", ".", "next_cfg"}) == before);
}

BOOST_AUTO_TEST_CASE(an_order_that_comes_late_is_refused_also_after_a_restart_of_the_agent) {
    give(order("server"));
    give(order("stand-in"));
    restartKeeper();
    auto late = keeper->order(id, order("server"), {1, sequence - 1});
    BOOST_REQUIRE(!late);
    BOOST_TEST((late.error().code == base::ErrorCode::Conflict), late.error().message);
    BOOST_TEST(vlanOf(stand_in) == job_vlan);
}

BOOST_AUTO_TEST_CASE(an_order_is_forced_to_disk_right_after_its_answer) {
    give(order("server"));
    const auto configuration = lan.vsctl({"get", "open_vswitch", ".", "next_cfg"});
    const auto number = configuration.substr(0, configuration.find('\n'));
    BOOST_TEST(eventually([&] {
        return lan.vsctl({"--if-exists", "get", "open_vswitch", ".", "external_ids:standin-durable"}).find(number) !=
               std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(the_back_leg_reaches_whom_it_is_joined_to_and_nobody_else) {
    EchoJob on_stand_in(stand_in, "stand-in");
    EchoJob on_spare(spare, "spare");
    auto wanted = order("server");
    for (const std::string member : {"stand-in", "spare"}) {
        wanted.back_leg_to = base::MemberName(member);
        BOOST_TEST(give(wanted).verified);
        back_leg.ip({"neigh", "flush", "all"});
        Connection probe(back_leg, job_address);
        BOOST_TEST(probe.ask() == member);
    }
    wanted.back_leg_to = base::MemberName();
    give(wanted);
    back_leg.ip({"neigh", "flush", "all"});
    BOOST_TEST(!Connection(back_leg, job_address).open());
}

BOOST_AUTO_TEST_CASE(a_vanished_port_of_the_dead_server_does_not_block_the_takeover) {
    EchoJob on_stand_in(stand_in, "stand-in");
    give(order("server"));
    lan.unplug(server);
    auto segment = give(order("stand-in"));
    BOOST_TEST(segment.verified);
    BOOST_TEST(!segment.ports[0].present);
    BOOST_TEST(segment.warnings.size() == 1U);
    BOOST_TEST(Connection(client, job_address).ask() == "stand-in");
}

BOOST_AUTO_TEST_CASE(a_missing_port_of_the_new_owner_is_refused_and_named) {
    give(order("server"));
    lan.unplug(stand_in);
    auto refused = tryOrder(order("stand-in"));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::NotFound));
    BOOST_TEST(refused.error().message.find(stand_in.port()) != std::string::npos);
    BOOST_TEST(vlanOf(server) == job_vlan);
}

BOOST_AUTO_TEST_CASE(a_fenced_server_that_starts_again_does_not_return_to_the_segment) {
    EchoJob on_server(server, "server");
    EchoJob on_stand_in(stand_in, "stand-in");
    give(order("server"));
    const int quarantine = [&] {
        give(order("stand-in"));
        return vlanOf(server);
    }();
    lan.unplug(server);
    BOOST_TEST(vlanOf(server) == -1);
    lan.plugIn(server, job_vlan);  // with the VLAN of the domain's definition
    BOOST_TEST(eventually([&] { return vlanOf(server) == quarantine && repairs > 0; }));
    BOOST_TEST(Connection(client, job_address).ask() == "stand-in");
    auto segment = keeper->segment(id);
    BOOST_REQUIRE(segment);
    BOOST_TEST(segment->verified);
    BOOST_REQUIRE(!segment->warnings.empty());
    BOOST_TEST(segment->warnings.back().find(server.port()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_port_that_leaves_the_members_goes_to_quarantine_and_stays_there) {
    give(order("server"));
    auto without = order("stand-in");
    without.members.erase(without.members.begin());
    give(without);
    BOOST_TEST(vlanOf(server) >= 3000);
    lan.vsctl({"set", "port", server.port(), "tag=" + std::to_string(job_vlan)});
    BOOST_TEST(eventually([&] { return vlanOf(server) >= 3000; }));
}

BOOST_AUTO_TEST_CASE(two_segments_never_share_a_port_or_a_vlan) {
    give(order("server"));
    auto other = order("spare");
    other.vlan = 102;
    auto refused = keeper->order(base::SegmentId("job02"), other, {1, 1});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Refused));
    BOOST_TEST(refused.error().message.find("job01") != std::string::npos);
    other.members = {*other.member(base::MemberName("spare"))};
    other.back_leg_port = {};
    other.vlan = job_vlan;
    BOOST_TEST(!keeper->order(base::SegmentId("job02"), other, {1, 1}));
}

BOOST_AUTO_TEST_CASE(a_forgotten_segment_leaves_its_ports_in_quarantine) {
    give(order("server"));
    BOOST_TEST(keeper->forget(id).has_value());
    BOOST_TEST(vlanOf(server) >= 3000);
    BOOST_TEST(!keeper->segment(id));
    BOOST_TEST((keeper->forget(id).error().code == base::ErrorCode::NotFound));
}

// As libvirt plugs a new stand-in in (agent/hypervisor/libvirt/domain_xml.cpp).
BOOST_AUTO_TEST_CASE(machines_that_have_just_landed_meet_nobody) {
    give(order("server"));
    const auto one = lan.addMachine("one", server_mac, "10.9.1.10/24", 0);
    const auto two = lan.addMachine("two", "52:54:00:09:01:66", "10.9.1.66/24", 0);
    for (const auto* machine : {&one, &two}) lan.vsctl({"set", "port", machine->port(), "trunks=4000"});
    EchoJob on_server(server, "server");
    EchoJob on_one(one, "one");
    BOOST_TEST(!Connection(two, job_address).open());
    BOOST_TEST(Connection(client, job_address).ask() == "server");

    // The same two in one VLAN do meet: it is their landing that keeps them apart.
    for (const auto* machine : {&one, &two})
        lan.vsctl({"set", "port", machine->port(), "tag=4000", "vlan_mode=access", "trunks=[]"});
    two.ip({"neigh", "flush", "all"});
    BOOST_TEST(eventually([&] { return Connection(two, job_address).ask() == "one"; }));
}

BOOST_AUTO_TEST_SUITE_END()
