#include "agent/request_holder/descriptor_budget.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::request_holder;

namespace {

std::vector<JobSettings> twoJobs() {
    std::vector<JobSettings> jobs(2);
    for (auto& job : jobs) job.limits.connections = 1000;
    return jobs;
}

}  // namespace

BOOST_AUTO_TEST_CASE(jobs_that_do_not_say_how_many_they_proxy_share_what_is_left) {
    auto jobs = twoJobs();
    const auto wanted = descriptorsNeeded(jobs);
    BOOST_REQUIRE(fitDescriptors(jobs, wanted).has_value());
    BOOST_TEST(jobs[0].limits.proxied == HoldLimits().proxied);
    BOOST_REQUIRE(fitDescriptors(jobs, wanted - 1000).has_value());
    BOOST_TEST(jobs[0].limits.proxied == HoldLimits().proxied - 250);
    BOOST_TEST(descriptorsNeeded(jobs) <= wanted - 1000);
}

BOOST_AUTO_TEST_CASE(limits_that_the_process_cannot_have_are_refused_with_the_cure) {
    auto jobs = twoJobs();
    jobs[1].proxied_said = true;
    const auto refused = fitDescriptors(jobs, descriptorsNeeded(jobs) - 2 * HoldLimits().proxied);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("LimitNOFILE") != std::string::npos);
}
