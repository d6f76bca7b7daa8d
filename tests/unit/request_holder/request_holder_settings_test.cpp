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

BOOST_AUTO_TEST_CASE(an_interface_belongs_to_one_job_only) {
    const auto second = good.substr(good.find("  job01"));
    auto renamed = second;
    renamed.replace(renamed.find("job01"), 5, "job02");
    BOOST_TEST(Reading(good + renamed).tells("another job"));
}
