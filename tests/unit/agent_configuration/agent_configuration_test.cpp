#include "agent/agent_configuration.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/temporary_directory.hpp"

using namespace standin;

namespace {

const std::string both = R"(agent:
  name: host1
  listen: 127.0.0.1:8441
  state_dir: /var/lib/standin/host1
  tls: {ca_file: /tls/ca.crt, certificate_file: /tls/tls.crt, key_file: /tls/tls.key}
hypervisor: {uri: "test:///default", stand_in_dir: /stand-ins, bridge: br0, landing_vlan: 4000}
switch: {bridge: br0, quarantine_vlans: 3000-3999}
)";

std::vector<std::string> problemsOf(const std::string& text) {
    const tests::TemporaryDirectory directory;
    tests::writeFile(directory / "agent.yml", text);
    base::YamlProblems problems;
    readAgentConfiguration(directory / "agent.yml", problems);
    return problems.lines();
}

std::string with(const std::string& what, const std::string& instead) {
    auto text = both;
    return text.replace(text.find(what), what.size(), instead);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_landing_vlan_among_the_quarantine_vlans_is_refused_at_its_place) {
    BOOST_TEST(problemsOf(both) == std::vector<std::string>{}, boost::test_tools::per_element());
    for (const char* vlan : {"3000", "3500", "3999"}) {
        const auto problems = problemsOf(with("landing_vlan: 4000", std::string("landing_vlan: ") + vlan));
        BOOST_REQUIRE_EQUAL(problems.size(), 1U);
        BOOST_TEST(problems.front().find("agent.yml:6:") != std::string::npos, problems.front());
        BOOST_TEST(problems.front().find("is among the quarantine VLANs 3000-3999") != std::string::npos,
                   problems.front());
    }
    BOOST_TEST(problemsOf(with("landing_vlan: 4000", "landing_vlan: 2999")).empty());
}

BOOST_AUTO_TEST_CASE(a_stand_in_has_some_time_to_stop) {
    const auto problems = problemsOf(with("landing_vlan: 4000", "landing_vlan: 4000, stop_within: 0s"));
    BOOST_REQUIRE_EQUAL(problems.size(), 1U);
    BOOST_TEST(problems.front().find("hypervisor.stop_within: must be at least 100ms") != std::string::npos,
               problems.front());
}
