// The API of a coordinator whose journal is new, with agents that do not answer.
#include <boost/test/unit_test.hpp>

#include "tests/contract/coordinator_api/api_under_test.hpp"

using namespace standin;
using protocol::Json;

namespace {

struct NewJournal : tests::ApiUnderTest {
    NewJournal() : ApiUnderTest(false) {}
};

bool hasCheck(const Json& health, const std::string& name) {
    for (const auto& check : health["checks"]) {
        if (check["name"] == name) return !check["ok"].get<bool>() && !check["cure"].get<std::string>().empty();
    }
    return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adoption)

BOOST_FIXTURE_TEST_CASE(what_was_found_is_shown_and_health_says_that_nothing_is_done, NewJournal) {
    const auto shown = get("/v1/adoption").body;
    BOOST_TEST(shown["state"] == "observing");
    BOOST_TEST(shown["observed"] == Json({"server01", "server02"}));
    BOOST_TEST(!shown["servers"][0]["unknown"].is_null());
    BOOST_TEST(!shown["contradictions"].empty());
    BOOST_TEST(hasCheck(get("/v1/health").body, "adoption"));
}

BOOST_FIXTURE_TEST_CASE(commands_are_refused_with_the_cure, NewJournal) {
    const auto refused = refusalOf(tryPost("/v1/operations", {{"kind", "backup"}, {"server", "server01"}}));
    BOOST_TEST((refused.code == base::ErrorCode::WrongState));
    BOOST_TEST(refused.message.find("standinctl adopt") != std::string::npos, refused.message);
}

BOOST_FIXTURE_TEST_CASE(a_site_of_which_nothing_is_known_is_not_adopted, NewJournal) {
    const auto mark = get("/v1/adoption").body["mark"].get<std::string>();
    BOOST_TEST((refusalOf(tryPost("/v1/adoption", {{"mark", mark}})).code == base::ErrorCode::WrongState));
    BOOST_TEST((refusalOf(tryPost("/v1/adoption", {{"mark", "1-99"}})).code == base::ErrorCode::Conflict));
    BOOST_TEST((refusalOf(tryPost("/v1/adoption", Json::object())).code == base::ErrorCode::InvalidInput));
    BOOST_TEST(get("/v1/adoption").body["state"] == "observing");
}

BOOST_FIXTURE_TEST_CASE(an_adopted_site_says_so_and_is_not_adopted_again, tests::ApiUnderTest) {
    BOOST_TEST(get("/v1/adoption").body["state"] == "adopted");
    BOOST_TEST((refusalOf(tryPost("/v1/adoption", {{"mark", "1-1"}})).code == base::ErrorCode::WrongState));
    BOOST_TEST(!hasCheck(get("/v1/health").body, "adoption"));
}

BOOST_AUTO_TEST_SUITE_END()
