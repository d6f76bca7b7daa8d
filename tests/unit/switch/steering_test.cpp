#include <boost/test/unit_test.hpp>

#include "agent/switch/ovs/steering_flows.hpp"
#include "tests/unit/switch/switch_builder.hpp"

using namespace standin;
using namespace standin::lan_switch;
using tests::SwitchBuilder;

namespace {

struct SteeredSwitch : SwitchBuilder {
    std::optional<Steering> steering(const protocol::SegmentOrder& wanted) {
        give(wanted);
        return planSteering(base::SegmentId("job01"), record(), view);
    }
    std::uint32_t of(const std::string& port) const { return view.ports.at(port).of_ports.front(); }
    static protocol::SegmentOrder proxied(const std::string& owner) {
        auto wanted = order(owner);
        wanted.proxied = true;
        return wanted;
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(steering, SteeredSwitch)

BOOST_AUTO_TEST_CASE(ordinary_owners_need_no_flows) {
    for (const std::string owner : {"server", "stand-in", "spare", "holder", ""})
        BOOST_TEST(!steering(order(owner)).has_value());
}

BOOST_AUTO_TEST_CASE(while_draining_the_holder_takes_what_is_new_and_wears_the_stand_ins_mac) {
    const auto planned = steering(order("holder", "stand-in"));
    BOOST_REQUIRE(planned.has_value());
    BOOST_TEST(planned->new_connections_port == of("holder"));
    BOOST_TEST(planned->target == of("stand-in"));
    BOOST_TEST(planned->takes_new);
    BOOST_TEST(planned->target_aside);
    BOOST_TEST(planned->target_mac == "52:54:00:77:01:0a");
    BOOST_TEST(planned->new_connections_mac == "52:54:00:77:01:f0");
    BOOST_TEST((planned->learn_at_ports == std::vector<std::uint32_t>{of("holder")}));
}

BOOST_AUTO_TEST_CASE(once_the_spare_owns_the_segment_the_holder_takes_nothing_new_and_wears_the_spares_mac) {
    const auto planned = steering(proxied("spare"));
    BOOST_REQUIRE(planned.has_value());
    BOOST_TEST(planned->new_connections_port == of("holder"));
    BOOST_TEST(planned->target == of("spare"));
    BOOST_TEST(!planned->takes_new);
    BOOST_TEST(!planned->target_aside);
    BOOST_TEST(planned->target_mac == "52:54:00:77:09:01");
    BOOST_TEST(planned->source_mac == "52:54:00:77:09:01");
}

BOOST_AUTO_TEST_CASE(clients_are_all_ports_of_the_vlan_that_standin_does_not_move) {
    const auto planned = steering(order("holder", "stand-in"));
    BOOST_REQUIRE(planned.has_value());
    BOOST_REQUIRE(planned->clients.size() == 2U);
    const Steering::ClientPort access{of("client"), false, true};
    const Steering::ClientPort trunk{of("uplink"), true, false};
    BOOST_TEST((planned->clients[0] == access));
    BOOST_TEST((planned->clients[1] == trunk));
}

BOOST_AUTO_TEST_CASE(once_the_drained_machine_has_stopped_everything_goes_to_the_holder_that_still_wears_its_mac) {
    give(order("holder", "stand-in"));
    for (const bool gone : {false, true}) {
        if (gone) {
            view.ports.erase("stand-in");
        } else {
            view.ports["stand-in"].of_ports.clear();
        }
        const auto planned = planSteering(base::SegmentId("job01"), record(), view);
        BOOST_REQUIRE(planned.has_value());
        BOOST_TEST(planned->takes_new);
        BOOST_TEST(planned->target == of("holder"));
        BOOST_TEST(planned->target_mac == "52:54:00:77:01:f0");
        BOOST_TEST(planned->source_mac == "52:54:00:77:01:0a");
        BOOST_TEST(!planned->target_aside);
    }
    BOOST_TEST(plan(order("holder", "stand-in")).has_value(), "the same order again is no new one");
}

BOOST_AUTO_TEST_CASE(nothing_is_steered_while_the_holder_does_not_forward) {
    give(order("holder", "stand-in"));
    view.ports["holder"].of_ports.clear();
    BOOST_TEST(needsSteering(record().order));
    BOOST_TEST(!planSteering(base::SegmentId("job01"), record(), view).has_value());
    BOOST_TEST(!describeSegment(base::SegmentId("job01"), record(), view, true).warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_announcement_tells_the_mac_that_clients_shall_use_at_the_owners_port) {
    give(order("holder", "stand-in"));
    auto announcement = planAnnouncement(record());
    BOOST_REQUIRE(announcement.has_value());
    BOOST_TEST(announcement->port == "holder");
    BOOST_TEST(announcement->mac == "52:54:00:77:01:0a");
    give(proxied("spare"));
    announcement = planAnnouncement(record());
    BOOST_TEST(announcement->port == "spare");
    BOOST_TEST(announcement->mac == "52:54:00:77:09:01");
    give(order(""));
    BOOST_TEST(!planAnnouncement(record()).has_value());
}

BOOST_AUTO_TEST_CASE(flows_replace_what_bears_their_cookie_and_keep_what_was_learned) {
    const auto text = steeringFlows(101, steering(order("holder", "stand-in")));
    BOOST_TEST(text.rfind("delete cookie=0x5374616e00006500/-1\n", 0) == 0U);
    BOOST_TEST(!has(text, "delete cookie=0x5374616e00006501"));
    BOOST_TEST(has(text, "learn(table=122,priority=10,cookie=0x5374616e00006501"));
    BOOST_TEST(has(steeringFlows(101, std::nullopt), "delete cookie=0x5374616e00006501/-1"));
    BOOST_TEST(!has(steeringFlows(101, std::nullopt), "add "));
}

BOOST_AUTO_TEST_CASE(the_number_of_flows_is_the_number_of_lines_that_add_one) {
    for (const auto& wanted : {order("holder", "stand-in"), proxied("spare"), proxied("holder")}) {
        const auto planned = steering(wanted);
        BOOST_REQUIRE(planned.has_value());
        const auto text = steeringFlows(101, planned);
        std::size_t lines = 0;
        for (std::size_t at = text.find("\nadd "); at != std::string::npos; at = text.find("\nadd ", at + 1)) ++lines;
        BOOST_TEST(steeringFlowCount(planned) == lines);
    }
    BOOST_TEST(steeringFlowCount(std::nullopt) == 0U);
}

BOOST_AUTO_TEST_CASE(tagged_clients_are_matched_by_their_tag_and_the_bridges_own_port_by_its_name) {
    view.ports["uplink"].of_ports = {65534};
    const auto text = steeringFlows(101, steering(order("holder", "stand-in")));
    BOOST_TEST(has(text, "in_port=LOCAL,dl_vlan=101 "));
    BOOST_TEST(has(text, "in_port=" + std::to_string(of("client")) + ",vlan_tci=0 "));
}

BOOST_AUTO_TEST_SUITE_END()
