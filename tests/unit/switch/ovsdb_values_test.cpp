#include "agent/switch/ovs/ovsdb_values.hpp"

#include <boost/test/unit_test.hpp>

#include "agent/switch/ovs/json_framer.hpp"
#include "agent/switch/ovs/ovsdb_operations.hpp"
#include "agent/switch/ovs/ovsdb_replica.hpp"
#include "agent/switch/ovs/unixctl.hpp"
#include "agent/switch/segment/segment_record.hpp"
#include "tests/unit/switch/switch_builder.hpp"

using namespace standin;
using namespace standin::lan_switch;
using protocol::Json;

BOOST_AUTO_TEST_SUITE(ovsdb)

BOOST_AUTO_TEST_CASE(messages_are_found_however_the_stream_is_cut) {
    const std::string stream = R"({"a":"}{\"]"} {"b":[{"c":1}]}{})";
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        JsonFramer framer(100);
        std::vector<std::string> messages;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            framer.feed(std::string_view(stream).substr(at, size));
            while (auto message = framer.next()) messages.push_back(*message);
        }
        BOOST_REQUIRE(messages.size() == 3U);
        BOOST_TEST(messages[0] == R"({"a":"}{\"]"})");
        BOOST_TEST(messages[1] == R"({"b":[{"c":1}]})");
        BOOST_TEST(!framer.broken());
    }
}

BOOST_AUTO_TEST_CASE(a_message_that_never_ends_breaks_the_stream_at_its_limit) {
    JsonFramer framer(100);
    framer.feed("{\"a\":\"");
    BOOST_TEST(!framer.next().has_value());
    framer.feed(std::string(200, 'x'));
    BOOST_TEST(!framer.next().has_value());
    BOOST_TEST(framer.broken());
}

BOOST_AUTO_TEST_CASE(what_is_no_object_breaks_the_stream) {
    JsonFramer framer(100);
    framer.feed("HTTP/1.1 400");
    BOOST_TEST(!framer.next().has_value());
    BOOST_TEST(framer.broken());
}

BOOST_AUTO_TEST_CASE(values_of_an_unexpected_shape_are_absent) {
    for (const char* text : {"null", "{}", "[]", R"(["set"])", R"(["set", 5])", R"(["map", [[1]]])", "\"x\"", "true"}) {
        const auto value = Json::parse(text);
        BOOST_TEST(!integerOf(value).has_value());
        BOOST_TEST(uuidsOf(value).empty());
        BOOST_TEST(mapOf(value).empty());
    }
    BOOST_TEST(*integerOf(Json::parse(R"(["set", [5]])")) == 5);
    BOOST_TEST(*integerOf(Json::parse("5")) == 5);
    BOOST_TEST(mapOf(asMap({{"a", "1"}})).at("a") == "1");
}

BOOST_AUTO_TEST_CASE(a_record_survives_being_written_down) {
    const SegmentRecord record{
        tests::SwitchBuilder::order("holder", "stand-in"), {{"server", 3000}, {"back", 3001}}, {3, 17}};
    auto read = segmentRecordFrom(textOf(record));
    BOOST_REQUIRE(read);
    BOOST_TEST((*read == record));
    for (const char* text :
         {"", "{}", "[]", R"({"order": {}, "quarantine": {}})", R"({"order": 1, "quarantine": {"a": 0}})"}) {
        auto bad = segmentRecordFrom(text);
        BOOST_REQUIRE(!bad);
        BOOST_TEST((bad.error().code == base::ErrorCode::Corrupt));
    }
}

BOOST_AUTO_TEST_CASE(the_replica_follows_snapshot_update_and_deletion) {
    OvsdbReplica replica;
    replica.apply(Json::parse(R"({
        "Open_vSwitch": {"o": {"new": {"next_cfg": 5, "cur_cfg": 4}}},
        "Bridge": {"b": {"new": {"name": "br", "ports": ["set", [["uuid", "p"], ["uuid", "q"]]], "external_ids": ["map", [["standin-segment-x y", "?"]]]}}},
        "Port": {"p": {"new": {"name": "eth1", "tag": 101, "trunks": ["set", []], "vlan_mode": ["set", []], "interfaces": ["uuid", "i"],
                               "external_ids": ["map", [["standin-quarantine", "3001"]]]}},
                 "q": {"new": {"name": "eth2", "tag": ["set", []], "trunks": ["set", [7, 8]], "vlan_mode": "native-untagged", "interfaces": ["uuid", "j"],
                               "external_ids": ["map", [["standin-quarantine", "99999"]]]}}},
        "Interface": {"i": {"new": {"name": "eth1", "ofport": 3, "link_state": "up"}}, "j": {"new": {"name": "eth2", "ofport": -1, "link_state": ["set", []]}}}})"));
    auto view = replica.view("br");
    BOOST_REQUIRE(view);
    BOOST_TEST(!view->applied);
    BOOST_TEST(view->problems.size() == 1U);
    BOOST_TEST(view->port("eth1")->isAccess(101));
    BOOST_TEST(*view->port("eth1")->quarantine == 3001);
    BOOST_TEST((view->port("eth1")->of_ports == std::vector<std::uint32_t>{3}));
    BOOST_TEST(view->port("eth2")->carriesTagged(7));
    BOOST_TEST(!view->port("eth2")->quarantine.has_value());
    BOOST_TEST(view->port("eth2")->of_ports.empty());

    replica.apply(
        Json::parse(R"({"Port": {"p": {"old": {}}}, "Open_vSwitch": {"o": {"new": {"next_cfg": 5, "cur_cfg": 5}}}})"));
    view = replica.view("br");
    BOOST_REQUIRE(view);
    BOOST_TEST(view->applied);
    BOOST_TEST(view->port("eth1") == nullptr);
    BOOST_TEST((replica.view("other").error().code == base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(a_transaction_guards_what_it_was_planned_from_before_it_changes_anything) {
    tests::SwitchBuilder lan;
    lan.view.durable = {{"somebody", "else"}};
    const auto operations = operationsFor("br", lan.view, *lan.plan(lan.order("server")));
    std::set<std::string> guarded;
    for (const auto& operation : operations) {
        if (operation["op"] == "wait") guarded.insert(operation["where"][0][2].get<std::string>());
        if (operation["op"] == "update") BOOST_TEST(guarded.count(operation["where"][0][2].get<std::string>()) == 1U);
    }
    BOOST_TEST(guarded.count("br") == 1U);
    BOOST_TEST(operations[0]["rows"][0]["external_ids"] == Json::parse(R"(["map", [["somebody", "else"]]])"));
    BOOST_TEST(operations.back()["op"] == "select");
    BOOST_TEST(*configurationOf(Json::parse(R"([{}, {"rows": [{"next_cfg": 17}]}])")) == 17);
    BOOST_TEST(!configurationOf(Json::parse("[{}]")).has_value());
}

BOOST_AUTO_TEST_CASE(an_address_remembered_at_its_own_port_is_not_stale) {
    const std::string fdb =
        " port  VLAN  MAC                Age\n    4   101  52:54:00:77:01:0a    0\nLOCAL  3000  52:54:00:77:09:01    "
        "7\n";
    BOOST_TEST(!remembersElsewhere(fdb, 101, {"52:54:00:77:01:0a"}, "4"));
    BOOST_TEST(remembersElsewhere(fdb, 101, {"52:54:00:77:01:0a"}, "5"));
    BOOST_TEST(!remembersElsewhere(fdb, 101, {"52:54:00:77:09:01"}, "4"));
}

BOOST_AUTO_TEST_SUITE_END()
