// CheckCapacity says beforehand what the VM host would say: one measure of disk and memory (S116).
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;

namespace {

struct Measured : Lab {
    Measured() : Lab(labConfig({.is_protected = false})) {}
    domain::Operation prepared() {
        protectAll();
        return last();
    }
    protocol::Image& image() { return store().images.at("server01-1"); }
    simulation::Timings& host() { return config.timings; }
    [[nodiscard]] bool madeNothing() const { return count("stand_in.make") == 0; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(capacity_measure, Measured)

BOOST_AUTO_TEST_CASE(an_image_counts_with_its_size_and_not_with_what_the_store_keeps_of_it) {
    image().stored_bytes = 364ULL << 20;
    image().size_bytes = 2560ULL << 20;
    host().host_disk_mib = 2559;
    const auto refused = prepared();
    BOOST_TEST(stateOf(refused) == "Failed");
    BOOST_TEST(refused.why.find("may come to take 2560 MiB of disk") != std::string::npos, refused.why);
    BOOST_TEST(madeNothing());
}

BOOST_AUTO_TEST_CASE(an_image_that_just_fits_is_made) {
    image().stored_bytes = 364ULL << 20;
    image().size_bytes = 2560ULL << 20;
    host().host_disk_mib = 2560;
    BOOST_TEST(stateOf(prepared()) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_guest_counts_with_what_it_takes_beside_its_memory) {
    host().host_memory_mib = server().stand_in.memory_mib + 47;
    host().host_overhead_mib = 48;
    BOOST_TEST(stateOf(prepared()) == "Failed");
    BOOST_TEST(madeNothing());
}

BOOST_AUTO_TEST_SUITE_END()
