#include "agent/hypervisor/stand_ins/memory_settling.hpp"

#include <boost/test/unit_test.hpp>

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;

class PassingClock final : public base::Clock {
  public:
    [[nodiscard]] base::WallTime wall() const override { return base::WallTime(passed); }
    [[nodiscard]] base::SteadyTime steady() const override { return base::SteadyTime(passed); }
    std::chrono::milliseconds passed{};
};

/// A guest that gives `step_mib` back whenever somebody waits, down to `least_mib`.
class GivingGuest final : public Domains {
  public:
    explicit GivingGuest(PassingClock& clock) : clock_(clock) {}
    base::Result<void> define(const std::string&) override { return {}; }
    base::Result<void> undefine(const std::string&) override { return {}; }
    base::Result<DomainStatus> status(const std::string&) override { return DomainStatus{}; }
    base::Result<DomainStatus> change(const std::string&, DomainVerb) override { return DomainStatus{}; }
    base::Result<DomainView> view(const std::string&) override {
        DomainView view;
        view.resources.memory_mib = memory_mib;
        return view;
    }
    base::Result<void> setResources(const std::string&, const protocol::StandInResources&) override { return {}; }
    base::Result<void> setClock(const std::string&, base::WallTime) override { return {}; }
    base::Result<base::WallTime> readClock(const std::string&) override { return base::WallTime{}; }
    base::Result<unsigned> bringCpusOnline(const std::string&, unsigned wanted) override { return wanted; }
    base::Result<bool> showsLife(const std::string&) override { return true; }
    [[nodiscard]] std::uint64_t eventsSeen() const override { return 0; }
    void waitForEvent(std::uint64_t, std::chrono::milliseconds longest) override {
        clock_.passed += longest;
        memory_mib = std::max(least_mib, memory_mib - std::min(step_mib, memory_mib));
    }
    base::Result<HypervisorHost> host() override { return HypervisorHost{}; }

    std::uint64_t memory_mib = 384;
    std::uint64_t step_mib = 0;
    std::uint64_t least_mib = 0;

  private:
    PassingClock& clock_;
};

struct Guest {
    PassingClock clock;
    GivingGuest domains{clock};
    base::Result<void> awaited() { return awaitMemoryGivenBack(domains, clock, "uuid", 192); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(memory_settling)

BOOST_FIXTURE_TEST_CASE(a_guest_that_has_its_present_memory_is_not_waited_for, Guest) {
    domains.memory_mib = 192;
    BOOST_TEST(awaited().has_value());
    BOOST_TEST(clock.passed.count() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_guest_that_gives_memory_back_is_waited_for_until_it_is_done, Guest) {
    domains.step_mib = 8;
    BOOST_TEST(awaited().has_value());
    BOOST_TEST(domains.memory_mib == 192);
}

BOOST_FIXTURE_TEST_CASE(a_guest_without_a_balloon_is_waited_for_two_seconds, Guest) {
    BOOST_TEST(awaited().has_value());
    BOOST_TEST(clock.passed.count() == 2000);
}

BOOST_FIXTURE_TEST_CASE(a_guest_that_is_still_at_it_after_eight_seconds_is_asked_again, Guest) {
    domains.memory_mib = 100000;
    domains.step_mib = 1;
    auto outcome = awaited();
    BOOST_REQUIRE(!outcome.has_value());
    BOOST_TEST((outcome.error().code == base::ErrorCode::TimedOut));
    BOOST_TEST(clock.passed.count() == 8000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace standin::hypervisor
