#include <boost/test/unit_test.hpp>

#include "agent/protocol/hold.hpp"
#include "agent/protocol/image.hpp"
#include "agent/protocol/segment.hpp"
#include "agent/protocol/stand_in.hpp"

using namespace standin;
using protocol::Json;

namespace {

protocol::SegmentOrder orderOf(const std::string& owner) {
    protocol::SegmentOrder order;
    order.vlan = 101;
    order.address = "10.77.1.10";
    order.members = {{base::MemberName("server"), base::PortName("p1"), "52:54:00:77:01:0a"},
                     {base::MemberName("holder"), base::PortName("p2"), "52:54:00:77:01:f0"}};
    order.owner = base::MemberName(owner);
    return order;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(a_segment_order_survives_its_json) {
    auto order = orderOf("holder");
    order.established = base::MemberName("server");
    auto read = protocol::segmentOrderFrom(toJson(order));
    BOOST_REQUIRE(read);
    BOOST_TEST((*read == order));
}

BOOST_AUTO_TEST_CASE(an_order_whose_owner_is_no_member_is_refused) {
    auto json = toJson(orderOf("server"));
    json["owner"] = "spare";
    BOOST_TEST(!protocol::segmentOrderFrom(json).has_value());
}

BOOST_AUTO_TEST_CASE(an_order_with_one_port_for_two_members_is_refused) {
    auto order = orderOf("server");
    order.members[1].port = order.members[0].port;
    BOOST_TEST(!protocol::segmentOrderFrom(toJson(order)).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_field_of_an_order_is_refused_by_name) {
    auto json = toJson(orderOf("server"));
    json["ownr"] = "x";
    auto read = protocol::segmentOrderFrom(json);
    BOOST_REQUIRE(!read);
    BOOST_TEST(read.error().message.find("'ownr'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stand_in_survives_its_json) {
    protocol::StandIn stand_in;
    stand_in.name = base::StandInName("server01-2");
    stand_in.definition = {base::ServerName("server01"),
                           base::ImageId("i1"),
                           "https://store1:8441",
                           192,
                           384,
                           1,
                           2,
                           100,
                           "bios",
                           "52:54:00:77:01:0a",
                           "10.77.1.10",
                           {8080}};
    stand_in.state = protocol::StandInState::Suspended;
    stand_in.resources = {192, 1, 100};
    auto read = protocol::standInFrom(toJson(stand_in));
    BOOST_REQUIRE(read);
    BOOST_TEST((read->definition == stand_in.definition));
    BOOST_TEST((read->state == protocol::StandInState::Suspended));
}

BOOST_AUTO_TEST_CASE(a_state_that_is_not_known_is_unknown_and_no_other) {
    Json json = toJson(protocol::StandIn{});
    json["name"] = "server01-1";
    json["definition"] = toJson(protocol::StandInDefinition{
        base::ServerName("s"), base::ImageId("i"), "u", 1, 1, 1, 1, 100, "bios", "m", "a", {}});
    json["state"] = "hibernating";
    auto read = protocol::standInFrom(json);
    BOOST_REQUIRE(read);
    BOOST_TEST((read->state == protocol::StandInState::Unknown));
}

BOOST_AUTO_TEST_CASE(a_probe_needs_exactly_one_kind) {
    BOOST_TEST(protocol::probeFrom(Json::parse(R"({"tcp":{"port":80}})")).has_value());
    BOOST_TEST(!protocol::probeFrom(Json::parse(R"({})")).has_value());
    BOOST_TEST(!protocol::probeFrom(Json::parse(R"({"tcp":{"port":80},"http":{"port":80}})")).has_value());
    BOOST_TEST(!protocol::probeFrom(Json::parse(R"({"http":{"port":80,"path":"/a b"}})")).has_value());
}

BOOST_AUTO_TEST_CASE(json_that_is_nested_too_deeply_is_refused) {
    BOOST_TEST(!protocol::parseJson(std::string(100'000, '[')).has_value());
    BOOST_TEST(!protocol::parseJson("{\"a\":").has_value());
    BOOST_TEST(protocol::parseJson(R"({"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]})").has_value());
    for (const auto* twice : {R"({"a":1,"a":2})", R"([{"b":{"a":1,"c":{},"a":2}}])"}) {
        auto parsed = protocol::parseJson(twice);
        BOOST_REQUIRE(!parsed);
        BOOST_TEST(parsed.error().message == "field 'a' stands there twice");
    }
}

BOOST_AUTO_TEST_SUITE_END()
