#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/unit/switch/switch_builder.hpp"

using namespace standin;
using namespace standin::lan_switch;
using tests::SwitchBuilder;

namespace {

void checkRefused(const base::Result<FabricChange>& plan, base::ErrorCode code, const std::string& word) {
    BOOST_REQUIRE(!plan);
    BOOST_TEST((plan.error().code == code), base::nameOf(plan.error().code) << ": " << plan.error().message);
    BOOST_TEST(plan.error().message.find(word) != std::string::npos, plan.error().message << " does not name " << word);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(segment_plan, SwitchBuilder)

BOOST_AUTO_TEST_CASE(every_owner_is_alone_in_the_segment_with_the_clients) {
    for (const std::string owner : {"server", "stand-in", "spare", "holder", ""}) {
        give(order(owner));
        std::set<int> quarantines;
        for (const std::string port : {"server", "stand-in", "spare", "holder", "back"}) {
            if (port == owner) {
                BOOST_TEST(vlanOf(port) == 101);
            } else {
                BOOST_TEST(tests::range_of_tests.contains(static_cast<Vlan>(vlanOf(port))));
                BOOST_TEST(quarantines.insert(vlanOf(port)).second, "two machines share a quarantine");
            }
        }
        BOOST_TEST(vlanOf("client") == 101);
    }
}

BOOST_AUTO_TEST_CASE(a_quarantine_is_the_same_for_ever) {
    give(order("server"));
    const int spare = vlanOf("spare");
    give(order("spare"));
    give(order("server"));
    BOOST_TEST(vlanOf("spare") == spare);
}

BOOST_AUTO_TEST_CASE(an_order_that_is_in_force_changes_nothing) {
    give(order("server"));
    BOOST_TEST(plan(order("server"))->empty());
    BOOST_TEST(!plan(order("spare"))->empty());
}

BOOST_AUTO_TEST_CASE(an_order_does_not_undo_a_later_one) {
    apply(*plan(order("stand-in"), "job01", {2, 7}));
    checkRefused(plan(order("server"), "job01", {2, 6}), base::ErrorCode::Conflict, "too late");
    checkRefused(plan(order("server"), "job01", {1, 9}), base::ErrorCode::Conflict, "too late");
    BOOST_TEST(plan(order("server"), "job01", {3, 1}).has_value());
}

// Else an earlier order that the database has not begun yet would still find everything as it expects it.
BOOST_AUTO_TEST_CASE(an_order_that_was_given_before_is_written_down_again_under_its_new_number) {
    apply(*plan(order("server"), "job01", {2, 7}));
    const auto again = plan(order("server"), "job01", {2, 8});
    BOOST_REQUIRE(again);
    BOOST_TEST(again->ports.empty());
    BOOST_TEST(again->record.has_value());
}

BOOST_AUTO_TEST_CASE(the_back_leg_follows_the_member_that_it_is_joined_to) {
    auto joined = order("server");
    joined.back_leg_to = base::MemberName("spare");
    give(joined);
    BOOST_TEST(vlanOf("back") == vlanOf("spare"));
    joined.owner = base::MemberName("spare");
    give(joined);
    BOOST_TEST(vlanOf("back") == 101);
    give(order("spare"));
    BOOST_TEST(vlanOf("back") != 101);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_no_longer_a_member_stays_in_its_quarantine) {
    give(order("server"));
    auto fewer = order("stand-in");
    fewer.members.erase(fewer.members.begin());
    give(fewer);
    BOOST_TEST(tests::range_of_tests.contains(static_cast<Vlan>(vlanOf("server"))));
    addAccess("server", 101);
    const auto repair = planRepair(view);
    BOOST_REQUIRE(repair.ports.count("server") == 1U);
    BOOST_TEST(repair.ports.at("server").vlan != 101);
}

BOOST_AUTO_TEST_CASE(an_absent_machine_does_not_block_an_order_unless_it_shall_own_the_segment) {
    give(order("server"));
    view.ports.erase("server");
    BOOST_TEST(plan(order("stand-in")).has_value());
    checkRefused(plan(order("server")), base::ErrorCode::NotFound, "'server'");
    view.ports.erase("stand-in");
    checkRefused(plan(order("holder", "stand-in")), base::ErrorCode::NotFound, "'stand-in'");
}

BOOST_AUTO_TEST_CASE(an_absent_machine_that_comes_back_in_the_segment_is_put_into_the_quarantine_it_had) {
    give(order("server"));
    give(order("stand-in"));
    const int quarantine = vlanOf("server");
    view.ports.erase("server");
    BOOST_TEST(planRepair(view).empty());
    addAccess("server", 101);
    const auto repair = planRepair(view);
    BOOST_REQUIRE(repair.ports.count("server") == 1U);
    BOOST_TEST(repair.ports.at("server").vlan == quarantine);
}

BOOST_AUTO_TEST_CASE(an_owner_that_comes_back_elsewhere_is_returned_to_its_segment) {
    give(order("stand-in"));
    view.ports.erase("stand-in");
    addAccess("stand-in", 4000);
    BOOST_TEST(planRepair(view).ports.at("stand-in").vlan == 101);
}

BOOST_AUTO_TEST_CASE(a_member_port_that_became_a_trunk_is_put_right) {
    give(order("server"));
    view.ports["spare"].mode = PortView::Mode::Trunk;
    BOOST_TEST(planRepair(view).ports.count("spare") == 1U);
    BOOST_TEST(!describeSegment(base::SegmentId("job01"), record(), view, true).verified);
}

BOOST_AUTO_TEST_CASE(no_port_and_no_vlan_belongs_to_two_segments) {
    give(order("server"));
    auto other = order("spare");
    checkRefused(plan(other, "job02"), base::ErrorCode::Refused, "job01");
    other.vlan = 102;
    checkRefused(plan(other, "job02"), base::ErrorCode::Refused, "job01");
    other.members = {*other.member(base::MemberName("spare"))};
    checkRefused(plan(other, "job02"), base::ErrorCode::Refused, "'back'");
    other.back_leg_port = {};
    BOOST_TEST(plan(other, "job02").has_value());
}

BOOST_AUTO_TEST_CASE(a_spare_without_a_part_in_another_segment_leaves_that_one) {
    give(order("server"));
    auto other = order("spare");
    other.vlan = 102;
    other.members = {*other.member(base::MemberName("spare"))};
    other.back_leg_port = {};
    apply(plan(other, "job02").value());
    BOOST_TEST(vlanOf("spare") == 102);
    BOOST_TEST((record().order.member(base::MemberName("spare")) == nullptr));
    BOOST_TEST(record().order.owner.text() == "server");
    BOOST_TEST(planRepair(view).empty());
    // Now it has a part: job01 does not get it back.
    checkRefused(plan(order("server")), base::ErrorCode::Refused, "job02");
}

BOOST_AUTO_TEST_CASE(a_machine_that_executes_the_job_of_another_segment_does_not_leave_it) {
    give(order("spare"));
    auto other = order("spare");
    other.vlan = 102;
    other.members = {*other.member(base::MemberName("spare"))};
    other.back_leg_port = {};
    checkRefused(plan(other, "job02"), base::ErrorCode::Refused, "job01");
}

BOOST_AUTO_TEST_CASE(a_fence_is_carried_out_whatever_other_members_are_like) {
    // The spare and both legs of the holder have a part elsewhere, another segment has the VLAN, no quarantine is left
    // for anybody but the server, and an address is none.
    auto elsewhere = order("spare");
    elsewhere.members = {*elsewhere.member(base::MemberName("spare")), *elsewhere.member(base::MemberName("holder"))};
    apply(plan(elsewhere, "job02").value());
    for (const auto range : {tests::range_of_tests, VlanRange{3000, 3003}}) {
        auto fence = order("");
        fence.members[1].mac = "no address";
        const auto change = planSegment(base::SegmentId("job01"), fence, {1, 1}, view, range);
        BOOST_REQUIRE(change);
        BOOST_TEST(range.contains(change->ports.at("server").vlan));
        BOOST_TEST(change->ports.count("spare") == 0u);
        BOOST_TEST(change->others.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_fence_takes_the_servers_port_out_of_whatever_segment_it_is_in) {
    give(order("server"));
    auto fence = order("");
    fence.members = {*fence.member(base::MemberName("server"))};
    fence.back_leg_port = {};
    apply(plan(fence, "renamed").value());
    BOOST_TEST(vlanOf("server") != 101);
    BOOST_TEST(record().order.owner.empty());
    BOOST_TEST(planRepair(view).empty());
}

BOOST_AUTO_TEST_CASE(a_fence_comes_not_after_a_later_order) {
    apply(*plan(order("stand-in"), "job01", {2, 7}));
    checkRefused(plan(order(""), "job01", {2, 6}), base::ErrorCode::Conflict, "too late");
}

BOOST_AUTO_TEST_CASE(a_segment_is_never_a_quarantine) {
    auto wrong = order("server");
    wrong.vlan = 3005;
    checkRefused(plan(wrong), base::ErrorCode::Refused, "3005");
}

BOOST_AUTO_TEST_CASE(when_no_quarantine_is_left_the_order_is_refused_with_the_cure) {
    auto refused = planSegment(base::SegmentId("job01"), order("server"), {1, 1}, view, {3000, 3003});
    checkRefused(refused, base::ErrorCode::Refused, "quarantine_vlans");
    BOOST_TEST(planSegment(base::SegmentId("job01"), order("server"), {1, 1}, view, {3000, 3004}).has_value());
}

BOOST_AUTO_TEST_CASE(a_vlan_that_somebody_uses_is_no_quarantine) {
    addAccess("stranger", 3000);
    addAccess("other", 1).trunks = {3001};
    const auto planned = plan(order("server"));
    for (const auto& [port, wanted] : planned->ports) {
        BOOST_TEST(wanted.vlan != 3000);
        BOOST_TEST(wanted.vlan != 3001);
    }
}

BOOST_AUTO_TEST_CASE(quarantines_of_two_segments_never_meet) {
    give(order("server"));
    addAccess("server02", 102);
    protocol::SegmentOrder second;
    second.vlan = 102;
    second.address = "10.77.2.10";
    second.members = {{base::MemberName("server"), base::PortName("server02"), "52:54:00:77:02:0a"}};
    // A mark that somebody copied from another port is not believed.
    view.ports["server02"].quarantine = view.ports["spare"].quarantine;
    apply(plan(second, "job02").value());
    BOOST_TEST(vlanOf("server02") != vlanOf("spare"));
}

BOOST_AUTO_TEST_CASE(addresses_that_are_none_are_invalid) {
    auto wrong = order("server");
    wrong.address = "10.77.1.300";
    checkRefused(plan(wrong), base::ErrorCode::InvalidInput, "10.77.1.300");
    for (const std::string mac :
         {"52:54:00:77:01", "52-54-00-77-01-0a", "53:54:00:77:01:0a", "00:00:00:00:00:00", "52:54:00:77:01:0g"}) {
        wrong = order("server");
        wrong.members[2].mac = mac;
        checkRefused(plan(wrong), base::ErrorCode::InvalidInput, mac);
    }
}

BOOST_AUTO_TEST_CASE(forgetting_a_segment_leaves_all_its_ports_in_quarantine) {
    give(order("server"));
    apply(planForgetting(base::SegmentId("job01"), view).value());
    BOOST_TEST(view.segments.empty());
    BOOST_TEST(vlanOf("server") != 101);
    BOOST_TEST(!planForgetting(base::SegmentId("job01"), view).has_value());
}

BOOST_AUTO_TEST_CASE(only_trunks_that_reach_quarantines_leak) {
    BOOST_TEST(leakingTrunks(view, "br", tests::range_of_tests).empty());
    view.ports["uplink"].trunks.clear();
    const auto leaking = leakingTrunks(view, "br", tests::range_of_tests);
    BOOST_REQUIRE(leaking.size() == 1U);
    BOOST_TEST(leaking[0] == "uplink");
}

BOOST_AUTO_TEST_SUITE_END()
