// What every implementation of Domains promises. The includer defines before: `struct
// domains_under_contract::UnderContract` with `Domains& domains()`, `std::string uuid` (of a domain not defined yet)
// and `std::string xml` (its definition).
#include <boost/test/unit_test.hpp>

#include "agent/hypervisor/libvirt/domains.hpp"

namespace domains_under_contract {

using standin::base::ErrorCode;
using standin::hypervisor::DomainState;
using standin::hypervisor::DomainVerb;

struct Defined : UnderContract {
    Defined() { BOOST_REQUIRE(domains().define(xml)); }
    ~Defined() {
        static_cast<void>(domains().change(uuid, DomainVerb::Destroy));
        static_cast<void>(domains().undefine(uuid));
    }
    DomainState state() {
        auto status = domains().status(uuid);
        BOOST_REQUIRE(status);
        return status->state;
    }
    void perform(DomainVerb verb) {
        auto changed = domains().change(uuid, verb);
        BOOST_REQUIRE_MESSAGE(changed, (changed ? "" : changed.error().message));
    }
    ErrorCode failureOf(DomainVerb verb) {
        auto changed = domains().change(uuid, verb);
        BOOST_REQUIRE(!changed);
        return changed.error().code;
    }
};

}  // namespace domains_under_contract

BOOST_FIXTURE_TEST_SUITE(domains_contract, domains_under_contract::Defined)

using namespace domains_under_contract;

BOOST_AUTO_TEST_CASE(a_defined_domain_is_off) {
    BOOST_TEST((state() == DomainState::Off));
}

BOOST_AUTO_TEST_CASE(defining_it_again_changes_nothing) {
    perform(DomainVerb::Start);
    BOOST_TEST(domains().define(xml).has_value());
    BOOST_TEST((state() == DomainState::Running));
}

BOOST_AUTO_TEST_CASE(verbs_lead_from_state_to_state) {
    perform(DomainVerb::Start);
    BOOST_TEST((state() == DomainState::Running));
    perform(DomainVerb::Suspend);
    BOOST_TEST((state() == DomainState::Paused));
    perform(DomainVerb::Resume);
    BOOST_TEST((state() == DomainState::Running));
    perform(DomainVerb::Destroy);
    BOOST_TEST((state() == DomainState::Off));
}

BOOST_AUTO_TEST_CASE(a_suspended_domain_can_be_destroyed) {
    perform(DomainVerb::Start);
    perform(DomainVerb::Suspend);
    perform(DomainVerb::Destroy);
    BOOST_TEST((state() == DomainState::Off));
}

BOOST_AUTO_TEST_CASE(a_verb_that_does_not_fit_the_state_fails_and_changes_nothing) {
    for (auto verb : {DomainVerb::Resume, DomainVerb::Suspend, DomainVerb::Destroy})
        BOOST_TEST(!domains().change(uuid, verb).has_value());
    BOOST_TEST((state() == DomainState::Off));
    perform(DomainVerb::Start);
    BOOST_TEST(!domains().change(uuid, DomainVerb::Start).has_value());
    BOOST_TEST((state() == DomainState::Running));
}

BOOST_AUTO_TEST_CASE(destroying_what_is_off_is_a_wrong_state) {
    BOOST_TEST((failureOf(DomainVerb::Destroy) == ErrorCode::WrongState));
}

BOOST_AUTO_TEST_CASE(a_running_domain_is_not_undefined) {
    perform(DomainVerb::Start);
    const auto undefined = domains().undefine(uuid);
    BOOST_REQUIRE(!undefined);
    BOOST_TEST((undefined.error().code == ErrorCode::WrongState));
    BOOST_TEST((state() == DomainState::Running));
}

BOOST_AUTO_TEST_CASE(an_undefined_domain_is_absent_and_undefining_it_again_succeeds) {
    BOOST_TEST(domains().undefine(uuid).has_value());
    BOOST_TEST((state() == DomainState::Absent));
    BOOST_TEST(domains().undefine(uuid).has_value());
    BOOST_TEST((failureOf(DomainVerb::Start) == ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(what_happens_to_a_domain_is_told_as_an_event) {
    const auto seen = domains().eventsSeen();
    perform(DomainVerb::Start);
    domains().waitForEvent(seen, std::chrono::seconds(10));
    BOOST_TEST(domains().eventsSeen() != seen);
}

BOOST_AUTO_TEST_CASE(the_host_has_memory_and_cpus) {
    const auto host = domains().host();
    BOOST_REQUIRE(host);
    BOOST_TEST(host->memory_mib > 0U);
    BOOST_TEST(host->cpus > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
