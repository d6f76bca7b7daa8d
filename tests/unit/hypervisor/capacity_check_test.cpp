#include "agent/hypervisor/stand_ins/capacity_check.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::hypervisor;
using standin::base::ErrorCode;

namespace {

struct FullHost {
    HostCapacity host_capacity{.memory_mib = 4096,
                               .memory_available_mib = 4096,
                               .cpus = 2,
                               .vcpus_per_cpu = 2,
                               .disk_free_mib = 10'000,
                               .run_at_once = 0};
    ResourceRequest small{
        .memory_mib = 1000, .memory_growth_mib = 1000 + overhead_per_guest_mib, .vcpus = 1, .disk_growth_mib = 2000};

    [[nodiscard]] std::string refusal(const std::vector<ResourceRequest>& present,
                                      const ResourceRequest& wanted) const {
        const auto checked = checkCapacity(host_capacity, present, wanted);
        if (checked) return "";
        BOOST_TEST((checked.error().code == ErrorCode::Refused));
        return checked.error().message;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(capacity_check, FullHost)

BOOST_AUTO_TEST_CASE(what_fits_is_admitted) {
    BOOST_TEST(refusal({small, small}, small) == "");
}

BOOST_AUTO_TEST_CASE(memory_is_counted_as_if_all_ran_with_qemu_s_own) {
    host_capacity.memory_mib = 3 * (1000 + overhead_per_guest_mib);
    BOOST_TEST(refusal({small, small}, small) == "");
    host_capacity.memory_mib -= 1;
    BOOST_TEST(refusal({small, small}, small).starts_with("memory is short: 3144 MiB for 3 stand-ins"));
}

BOOST_AUTO_TEST_CASE(only_those_count_that_may_have_to_run_at_once) {
    host_capacity.run_at_once = 2;
    host_capacity.memory_mib = 2 * (1000 + overhead_per_guest_mib);
    host_capacity.cpus = 1;
    BOOST_TEST(refusal({small, small, small}, small) == "");
    ResourceRequest large = small;
    large.memory_mib = 1001;
    BOOST_TEST(refusal({small, small, small}, large).starts_with("memory is short"));
}

BOOST_AUTO_TEST_CASE(memory_that_others_use_already_is_not_there) {
    host_capacity.memory_available_mib = 1000;
    BOOST_TEST(refusal({}, small).find("only 1000 MiB left") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stand_in_with_more_cpus_than_the_host_is_refused) {
    small.vcpus = 3;
    BOOST_TEST(refusal({}, small).starts_with("CPUs are short: 3 virtual CPUs are wanted for one"));
}

BOOST_AUTO_TEST_CASE(virtual_cpus_may_be_promised_only_so_often) {
    host_capacity.memory_mib = 100'000;
    host_capacity.disk_free_mib = 100'000;
    BOOST_TEST(refusal({small, small, small}, small) == "");
    BOOST_TEST(refusal({small, small, small, small}, small).starts_with("CPUs are short: 5 virtual CPUs for 5"));
}

BOOST_AUTO_TEST_CASE(disks_count_with_what_they_may_come_to_take) {
    host_capacity.disk_free_mib = 3999;
    BOOST_TEST(
        refusal({small}, small).starts_with("disk space is short: the disks of 2 stand-ins may come to take 4000 MiB"));
}

BOOST_AUTO_TEST_SUITE_END()
