#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/cli/https_coordinator_api.hpp"
#include "tests/contract/coordinator_api/api_under_test.hpp"

using namespace standin;
using cli::StreamedEvent;
using tests::ApiUnderTest;

namespace {

struct EventStream : ApiUnderTest {
    std::unique_ptr<cli::HttpsCoordinatorApi> client = open();

    std::unique_ptr<cli::HttpsCoordinatorApi> open() {
        cli::Connection connection;
        connection.url = url;
        connection.tls = authority.issue("ada");
        auto opened = cli::HttpsCoordinatorApi::open(connection);
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
    void happens(const std::string& text, domain::OperationId operation = 7) {
        hub.publish({"note", clock.wall(), operation, "server01", text, "{}", 0});
    }
    /// The texts of the next `count` events after `last_id`; `once_open` runs when the stream stands.
    std::vector<StreamedEvent> next(std::size_t count, const std::string& last_id,
                                    const std::function<void()>& once_open) {
        std::vector<StreamedEvent> events;
        bool opened = false;
        auto followed = client->follow(last_id, [&](const StreamedEvent& event) {
            if (!opened) once_open();
            opened = true;
            if (event.type != "heartbeat") events.push_back(event);
            return events.size() < count;
        });
        BOOST_REQUIRE(followed);
        return events;
    }
    static std::string textOf(const StreamedEvent& event) { return nlohmann::json::parse(event.data)["text"]; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(event_stream)

BOOST_FIXTURE_TEST_CASE(events_come_as_they_happen_and_with_ids, EventStream) {
    auto events = next(2, "", [&] {
        happens("one");
        happens("two");
    });
    BOOST_REQUIRE_EQUAL(events.size(), 2U);
    BOOST_TEST(textOf(events[0]) == "one");
    BOOST_TEST(textOf(events[1]) == "two");
    BOOST_TEST(events[0].type == "note");
    BOOST_TEST(events[0].id != events[1].id);
}

BOOST_FIXTURE_TEST_CASE(who_comes_back_gets_what_was_missed, EventStream) {
    auto before = next(1, "", [&] { happens("one"); });
    happens("two");
    happens("three");
    auto after = next(2, before.front().id, [] {});
    BOOST_TEST(textOf(after[0]) == "two");
    BOOST_TEST(textOf(after[1]) == "three");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_longer_kept_is_told_as_missed, EventStream) {
    auto before = next(1, "", [&] { happens("first"); });
    for (int i = 0; i < 5000; ++i) happens("flood");  // the hub keeps 4096
    auto after = next(2, before.front().id, [] {});
    BOOST_TEST(after[0].type == "missed");
    BOOST_TEST(textOf(after[1]) == "flood");
}

BOOST_FIXTURE_TEST_CASE(an_id_of_an_earlier_coordinator_gives_all_that_is_kept, EventStream) {
    happens("one");
    auto events = next(1, "0-4711", [] {});
    BOOST_TEST(!events.front().data.empty());
}

BOOST_FIXTURE_TEST_CASE(an_id_that_is_none_is_refused, EventStream) {
    auto refused = client->follow("yesterday", [](const StreamedEvent&) { return true; });
    BOOST_TEST(!refused.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_coordinator_that_ends_ends_its_streams, EventStream) {
    bool stopped = false;
    auto followed = client->follow("", [&](const StreamedEvent&) {
        if (!stopped) hub.close();
        stopped = true;
        return true;
    });
    BOOST_TEST(stopped);
    BOOST_TEST(followed.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
