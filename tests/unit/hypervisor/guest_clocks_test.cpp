#include "agent/hypervisor/stand_ins/guest_clocks.hpp"

#include <boost/test/unit_test.hpp>
#include <future>

#include "agent/http/metrics.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using State = protocol::GuestClock::State;

/// Guests whose agents answer when the test lets them.
class SlowGuests final : public Domains {
  public:
    base::Result<void> define(const std::string&) override { return {}; }
    base::Result<void> undefine(const std::string&) override { return {}; }
    base::Result<DomainStatus> status(const std::string&) override { return DomainStatus{DomainState::Running, ""}; }
    base::Result<DomainStatus> change(const std::string&, DomainVerb) override { return DomainStatus{}; }
    base::Result<DomainView> view(const std::string&) override { return DomainView{}; }
    base::Result<void> setResources(const std::string&, const protocol::StandInResources&) override { return {}; }
    base::Result<void> setClock(const std::string& uuid, base::WallTime) override {
        if (uuid == "hangs") let_go.get_future().wait();
        if (uuid == "without") return base::failure(base::ErrorCode::Unreachable, "no guest agent answers");
        return {};
    }
    base::Result<base::WallTime> readClock(const std::string&) override {
        return std::chrono::system_clock::now() - behind;
    }
    base::Result<unsigned> bringCpusOnline(const std::string&, unsigned wanted) override { return wanted; }
    base::Result<bool> showsLife(const std::string&) override { return true; }
    [[nodiscard]] std::uint64_t eventsSeen() const override { return 0; }
    void waitForEvent(std::uint64_t, std::chrono::milliseconds) override {}
    base::Result<HypervisorHost> host() override { return HypervisorHost{}; }

    std::promise<void> let_go;
    std::chrono::milliseconds behind{0};
};

struct Clocks {
    SlowGuests guests;
    base::SystemClock clock;
    http::Metrics metrics;
    base::Log log{"test", [](auto&&...) {}};
    GuestClocks clocks{guests, clock, metrics, log};
    Clocks() { clocks.start(); }

    StandInEntryPtr resumed(const std::string& uuid) {
        auto stand_in = std::make_shared<StandInEntry>();
        stand_in->record.name = base::StandInName("server01-1");
        stand_in->record.uuid = uuid;
        clocks.set(stand_in);
        return stand_in;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(guest_clocks)

BOOST_FIXTURE_TEST_CASE(a_clock_is_set_at_once_and_who_waits_hears_of_it, Clocks) {
    BOOST_TEST((clocks.await(*resumed("well"), 10s).state == State::Set));
}

BOOST_FIXTURE_TEST_CASE(a_guest_without_an_agent_holds_nobody_up, Clocks) {
    const auto told = clocks.await(*resumed("without"), 10s);
    BOOST_TEST((told.state == State::NotSet));
    BOOST_TEST(told.problem == "no guest agent answers");
}

BOOST_FIXTURE_TEST_CASE(a_guest_whose_agent_hangs_is_waited_for_as_long_as_was_asked_and_holds_no_other_up, Clocks) {
    const auto hanging = resumed("hangs");
    BOOST_TEST((clocks.await(*hanging, 20ms).state == State::Setting));
    BOOST_TEST((clocks.await(*resumed("well"), 10s).state == State::Set));
    guests.let_go.set_value();
    BOOST_TEST((clocks.await(*hanging, 10s).state == State::Set));
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_is_wrong_after_it_was_set_is_told, Clocks) {
    guests.behind = 307s;
    const auto stand_in = resumed("well");
    clocks.await(*stand_in, 10s);
    clocks.stop();  // it is read by then
    BOOST_TEST(stand_in->clock.offset_ms < -300'000);
    BOOST_TEST(stand_in->clock_warning.find("behind the host's after it was set") != std::string::npos,
               stand_in->clock_warning);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace standin::hypervisor
