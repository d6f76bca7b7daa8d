#include "agent/hypervisor/stand_ins/growth.hpp"

#include <boost/test/unit_test.hpp>

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;

class GrowthClock final : public base::Clock {
  public:
    [[nodiscard]] base::WallTime wall() const override { return base::WallTime(passed); }
    [[nodiscard]] base::SteadyTime steady() const override { return base::SteadyTime(passed); }
    std::chrono::milliseconds passed{};
};

/// A guest that takes `step_mib` from its balloon whenever somebody waits, and whose CPUs are plugged and offline.
class GrowingGuest final : public Domains {
  public:
    explicit GrowingGuest(GrowthClock& clock) : clock_(clock) {}
    base::Result<void> define(const std::string&) override { return {}; }
    base::Result<void> undefine(const std::string&) override { return {}; }
    base::Result<DomainStatus> status(const std::string&) override { return DomainStatus{DomainState::Running, ""}; }
    base::Result<DomainStatus> change(const std::string&, DomainVerb) override { return DomainStatus{}; }
    base::Result<DomainView> view(const std::string&) override {
        DomainView view;
        view.resources = {memory_mib, plugged, 100};
        return view;
    }
    base::Result<void> setResources(const std::string&, const protocol::StandInResources&) override { return {}; }
    base::Result<void> setClock(const std::string&, base::WallTime) override { return {}; }
    base::Result<base::WallTime> readClock(const std::string&) override { return base::WallTime{}; }
    base::Result<unsigned> bringCpusOnline(const std::string&, unsigned wanted) override {
        ++asked;
        if (!agent) return base::failure(base::ErrorCode::Unreachable, "no guest agent answers");
        if (asked > finds_after) online = std::min(wanted, most_online);
        return online;
    }
    base::Result<bool> showsLife(const std::string&) override { return true; }
    [[nodiscard]] std::uint64_t eventsSeen() const override { return 0; }
    void waitForEvent(std::uint64_t, std::chrono::milliseconds longest) override {
        clock_.passed += longest;
        memory_mib = std::min<std::uint64_t>(256, memory_mib + step_mib);
    }
    base::Result<HypervisorHost> host() override { return HypervisorHost{}; }

    std::uint64_t memory_mib = 193;
    std::uint64_t step_mib = 16;
    unsigned plugged = 2;
    unsigned online = 1;
    unsigned most_online = 2;
    int finds_after = 0;
    int asked = 0;
    bool agent = true;

  private:
    GrowthClock& clock_;
};

struct Grown {
    GrowthClock clock;
    GrowingGuest domains{clock};
    Growth awaited() { return awaitGrowth(domains, clock, "uuid", {256, 2, 1000}).value(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(growth)

BOOST_FIXTURE_TEST_CASE(plugged_cpus_are_brought_online_and_memory_is_waited_for, Grown) {
    const auto growth = awaited();
    BOOST_TEST(growth.resources.vcpus == 2u);
    BOOST_TEST(growth.resources.memory_mib == 256u);
    BOOST_TEST(growth.problem == "");
}

BOOST_FIXTURE_TEST_CASE(a_guest_that_finds_its_new_cpu_after_a_moment_is_asked_again, Grown) {
    domains.finds_after = 3;
    BOOST_TEST(awaited().resources.vcpus == 2u);
    BOOST_TEST(domains.asked == 4);
}

BOOST_FIXTURE_TEST_CASE(a_cpu_that_stays_offline_is_not_counted, Grown) {
    domains.most_online = 1;
    const auto growth = awaited();
    BOOST_TEST(growth.resources.vcpus == 1u);
    BOOST_TEST(growth.problem == "1 of 2 vCPUs are online in the guest");
    BOOST_TEST((clock.passed <= 3s));
}

BOOST_FIXTURE_TEST_CASE(memory_that_has_not_arrived_is_not_counted, Grown) {
    domains.step_mib = 0;
    const auto growth = awaited();
    BOOST_TEST(growth.resources.memory_mib == 193u);
    BOOST_TEST(growth.problem == "it has 193 of 256 MiB so far");
}

BOOST_FIXTURE_TEST_CASE(a_guest_without_an_agent_is_asked_once_and_nothing_is_claimed_for_it, Grown) {
    domains.agent = false;
    domains.memory_mib = 256;
    const auto growth = awaited();
    BOOST_TEST(domains.asked == 1);
    BOOST_TEST(clock.passed.count() == 0);
    BOOST_TEST(growth.problem.find("whether the guest uses its 2 vCPUs is not known") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace standin::hypervisor
