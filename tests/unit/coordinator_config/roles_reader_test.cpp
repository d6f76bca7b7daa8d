// Who may do what: `coordinator.roles`.
#include "tests/unit/coordinator_config/configuration_text.hpp"

namespace standin::config {

namespace {

std::string withRoles(const std::string& roles) {
    return with("traps:\n", "  roles: {" + roles + "}\ntraps:\n");
}

}  // namespace

BOOST_AUTO_TEST_CASE(roles_are_read_and_without_them_nobody_has_one) {
    const auto read = Reading(withRoles("viewers: [prometheus], operators: [ada], confirmers: [carol]"));
    BOOST_REQUIRE(read.configuration.has_value());
    const auto& roles = read.configuration->roles;
    BOOST_TEST((roles.viewers == std::vector<std::string>{"prometheus"}));
    BOOST_TEST((roles.operators == std::vector<std::string>{"ada"}));
    BOOST_TEST((roles.confirmers == std::vector<std::string>{"carol"}));
    BOOST_TEST(Reading(good).configuration->roles.operators.empty());
}

BOOST_AUTO_TEST_CASE(an_agents_certificate_gets_no_role) {
    for (const auto* role : {"viewers", "operators", "confirmers"}) {
        const auto problem = Reading(withRoles(std::string(role) + ": [ada, store1]")).onlyProblem();
        BOOST_TEST(problem.find("F:6:") == 0U, problem);
        BOOST_TEST(problem.find("'store1' is an agent's certificate") != std::string::npos, problem);
    }
}

BOOST_AUTO_TEST_CASE(a_role_is_given_to_whole_names_of_certificates) {
    const auto problemOf = [](const std::string& names) {
        return Reading(withRoles("operators: [" + names + "]")).onlyProblem();
    };
    BOOST_TEST(problemOf("ada, 'op*'").find("'op*' is a pattern") != std::string::npos);
    BOOST_TEST(problemOf("ada, ''").find("without a name") != std::string::npos);
    BOOST_TEST(problemOf("ada, ' eve'").find("begins or ends with a blank") != std::string::npos);
    BOOST_TEST(problemOf("ada, \"a\\nb\"").find("control characters") != std::string::npos);
    BOOST_TEST(problemOf("ada, ada").find("'ada' stands here twice") != std::string::npos);
    const auto misspelt = Reading(withRoles("comfirmers: [carol]")).onlyProblem();
    BOOST_TEST(misspelt.find("comfirmers") != std::string::npos, misspelt);
}

}  // namespace standin::config
