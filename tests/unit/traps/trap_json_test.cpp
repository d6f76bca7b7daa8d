#include "coordinator/traps/trap_json.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;

BOOST_AUTO_TEST_CASE(a_record_survives_the_way_through_json) {
    TrapRecord record;
    record.id = 4711;
    record.trap = platformEvent(0x076f01);
    record.trap.version = SnmpVersion::V3;
    record.trap.principal = "bmc";
    record.trap.inform = true;
    record.trap.arrived_at = standin::base::WallTime(std::chrono::microseconds(1'795'000'000'123'456));
    record.trap.varbinds = {number("1.3.6.1.4.1.9.1", -5), octets("1.3.6.1.4.1.9.2", std::string("\x01\xfe", 2))};
    record.last_arrived = record.trap.arrived_at;
    record.verdict = {Verdict::Outcome::Failure, "a processor has failed", "pet-processor",
                      standin::base::ServerName("server01"), "processor"};

    const auto shown = toJson(record);
    BOOST_TEST(shown["varbinds"][1]["text"] == "0x01fe");
    BOOST_TEST(shown["outcome"] == "failure");
    const auto back = trapRecordFrom(nlohmann::json::parse(shown.dump())).value();
    BOOST_TEST(back.id == 4711U);
    BOOST_TEST((back.trap.arrived_at == record.trap.arrived_at));
    BOOST_TEST(back.trap.fingerprint() == record.trap.fingerprint());
    BOOST_TEST(back.verdict.server.text() == "server01");
    BOOST_TEST(back.verdict.kind == "processor");
}

BOOST_AUTO_TEST_CASE(a_record_that_is_not_one_is_an_error_and_no_crash) {
    for (const auto* text : {"{}", "[]", "null", R"({"id": "x"})"}) {
        BOOST_TEST(!trapRecordFrom(nlohmann::json::parse(text)));
    }
}

BOOST_AUTO_TEST_CASE(a_trap_written_by_hand_needs_only_source_and_oid) {
    const auto asked = trapRecordFrom(nlohmann::json::parse(
        R"({"source": "127.77.0.101", "oid": "1.3.6.1.4.1.9.1", "varbinds": [{"oid": "1.3.6.1.4.1.9.2", "text": "hot"}]})"));
    BOOST_REQUIRE(asked);
    BOOST_TEST(asked->trap.varbinds.at(0).text() == "hot");
    BOOST_TEST(asked->trap.count == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_record_is_told_without_a_library_s_own_names) {
    for (const auto* rest :
         {R"("varbinds": [{"oid": "1.3", "hex": "zz"}])", R"("varbinds": 5)", R"("count": "many")"}) {
        const auto read = trapRecordFrom(nlohmann::json::parse(
            std::string(R"({"source": "127.77.0.101", "oid": "1.3.6.1.4.1.9.1", )") + rest + "}"));
        BOOST_REQUIRE(!read);
        BOOST_TEST(read.error().message.find("exception") == std::string::npos, read.error().message);
        BOOST_TEST(read.error().message.find("stoi") == std::string::npos, read.error().message);
    }
}

BOOST_AUTO_TEST_CASE(a_text_of_a_varbind_is_readable_or_hexadecimal) {
    BOOST_TEST(octets("1.3", std::string("Dell\0", 5)).text() == "Dell");
    BOOST_TEST(octets("1.3", std::string("a\0b", 3)).text() == "0x610062");
    BOOST_TEST(octets("1.3", "").text().empty());
    BOOST_TEST(number("1.3", -7).text() == "-7");
}
