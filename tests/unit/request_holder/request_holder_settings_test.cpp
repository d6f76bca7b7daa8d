#include "agent/request_holder/request_holder_settings.hpp"

#include <boost/test/unit_test.hpp>

#include "agent/base/yaml_reader.hpp"

using namespace standin;
using namespace standin::request_holder;
using namespace std::chrono_literals;

namespace {

struct Reading {
    RequestHolderSettings settings;
    std::string problems;

    explicit Reading(const std::string& text) {
        base::YamlProblems found;
        if (auto root = base::YamlReader::fromText(text, "holder.yml", found))
            settings = requestHolderSettingsFrom(*root);
        for (const auto& line : found.lines()) problems += line + "\n";
    }
    [[nodiscard]] bool tells(const std::string& words) const { return problems.find(words) != std::string::npos; }
};

const std::string good = R"(jobs:
  job01:
    front: {interface: sl-h1f0, address: 10.77.1.10/24, gateway: null}
    back: {interface: sl-h1b0, address: 10.77.1.250/24}
    ports: [8080, 8443]
    limits: {connections: 100, bytes: 64MiB, age: 120s}
)";

std::string with(const std::string& what, const std::string& instead) {
    auto text = good;
    return text.replace(text.find(what), what.size(), instead);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_configuration_of_the_lab_is_read) {
    const Reading reading(good);
    BOOST_TEST(reading.problems == "");
    BOOST_REQUIRE(reading.settings.jobs.size() == 1U);
    const auto& job = reading.settings.jobs.front();
    BOOST_TEST(job.name.text() == "job01");
    BOOST_TEST(job.front.address.text() == "10.77.1.10/24");
    BOOST_TEST(!job.front.gateway.has_value());
    BOOST_TEST(job.back.interface == "sl-h1b0");
    BOOST_TEST(job.ports.size() == 2U);
    BOOST_TEST(job.limits.connections == 100U);
    BOOST_TEST((job.limits.age == 120s));
    BOOST_TEST(job.limits.connection_bytes == 1U << 20);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_at_its_place) {
    BOOST_TEST(Reading(with("10.77.1.10/24", "10.77.1.10")).tells("holder.yml:3"));
    BOOST_TEST(Reading(with("10.77.1.10/24", "10.77.1.10/33")).tells("prefix length"));
    BOOST_TEST(Reading(with("sl-h1f0", "far-too-long-a-name")).tells("interface"));
    BOOST_TEST(Reading(with("sl-h1b0", "sl-h1f0")).tells("interface of its own"));
    BOOST_TEST(Reading(with("[8080, 8443]", "[8080, 8080]")).tells("twice"));
    BOOST_TEST(Reading(with("[8080, 8443]", "[]")).tells("ports"));
    BOOST_TEST(Reading(with("[8080, 8443]", "[70000]")).tells("ports"));
    BOOST_TEST(Reading(with("connections: 100", "connections: 0")).tells("connections"));
    BOOST_TEST(Reading(with("connections: 100", "conections: 100")).tells("conections"));
    BOOST_TEST(Reading(with("gateway: null", "gateway: here")).tells("gateway"));
    BOOST_TEST(Reading("jobs: {}\n").tells("jobs"));
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_work_is_refused_at_its_place) {
    const auto same = Reading(with("10.77.1.250/24", "10.77.1.10/24"));
    BOOST_TEST(same.tells("holder.yml:4:"), same.problems);
    BOOST_TEST(same.tells("has the front leg's address 10.77.1.10"), same.problems);
    BOOST_TEST(Reading(with("10.77.1.250/24", "10.77.1.10/25")).tells("has the front leg's address"));
    for (const char* wrong : {"10.78.1.1", "10.77.2.1", "0.0.0.0"}) {
        const Reading gateway(with("gateway: null", std::string("gateway: ") + wrong));
        BOOST_TEST(gateway.tells("is not in the leg's own network 10.77.1.10/24"), gateway.problems);
        BOOST_TEST(gateway.tells("holder.yml:3:"), gateway.problems);
    }
    BOOST_TEST(Reading(with("gateway: null", "gateway: 10.77.1.10")).tells("is the leg's own address"));
    BOOST_TEST(Reading(with("gateway: null", "gateway: 10.77.1.255")).tells("is no machine's address"));
    BOOST_TEST(Reading(with("gateway: null", "gateway: 10.77.1.1")).problems == "");
    for (const char* wrong : {"10.77.1.0/24", "10.77.1.255/24", "0.0.0.0/24", "224.0.0.5/24"})
        BOOST_TEST(Reading(with("10.77.1.250/24", wrong)).tells("is no machine's address"), wrong);
    BOOST_TEST(Reading(with("10.77.1.250/24", "10.77.1.250/32")).problems == "");
}

BOOST_AUTO_TEST_CASE(a_jobs_address_belongs_to_one_job_only) {
    auto second = good.substr(good.find("  job01"));
    for (const auto& [from, to] :
         {std::pair{"job01", "job02"}, std::pair{"sl-h1f0", "sl-h2f0"}, std::pair{"sl-h1b0", "sl-h2b0"}})
        second.replace(second.find(from), std::string(from).size(), to);
    const Reading reading(good + second);
    BOOST_TEST(reading.tells("address 10.77.1.10 is job 'job01''s already"), reading.problems);
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_longer_than_what_waits_may_grow_old_is_refused) {
    BOOST_TEST(Reading(good + "    answer_wait: 120s\n").tells("must be shorter than 'limits.age'"));
    BOOST_TEST(Reading(good + "    answer_wait: 0ms\n").tells("must be at least 1ms"));
    BOOST_TEST(Reading(good + "    answer_wait: 1s\n").problems == "");
}

BOOST_AUTO_TEST_CASE(an_interface_belongs_to_one_job_only) {
    const auto second = good.substr(good.find("  job01"));
    auto renamed = second;
    renamed.replace(renamed.find("job01"), 5, "job02");
    BOOST_TEST(Reading(good + renamed).tells("another job"));
}
