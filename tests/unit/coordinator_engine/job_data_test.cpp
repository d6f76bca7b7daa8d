// What a job wrote is not thrown away unsaid (rule 10).
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::HeldWrites;
using domain::JobData;

namespace {

struct LocalData : Lab {
    explicit LocalData(JobData data = JobData::Local, domain::FencePolicy policy = domain::FencePolicy::Port)
        : Lab(1, 1, policy) {
        server().job_data = data;
    }
    base::Result<void> close(domain::OperationId id, bool discard = false) {
        auto closed = Lab::close(id, discard);
        if (closed) run();
        return closed;
    }
    [[nodiscard]] std::string end() const {
        for (const auto& message : world.told) {
            if (message.starts_with("failover") && message.find("has ended") != std::string::npos) return message;
        }
        return {};
    }
    [[nodiscard]] bool isKept(const std::string& stand_in) {
        const auto found = guests().find(stand_in);
        return found != guests().end() && found->second.stand_in.state == protocol::StandInState::Kept;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(job_data)

BOOST_AUTO_TEST_CASE(an_end_that_leaves_writes_behind_is_not_called_normal_and_says_where_they_are) {
    LocalData lab;
    const auto stand_in = lab.standIn();
    const auto failover = lab.failAndRun();
    BOOST_REQUIRE(stateOf(failover) == "Succeeded");
    BOOST_TEST(lab.end().find("ended normally") == std::string::npos, lab.end());
    BOOST_TEST(lab.end().find("writes are missing") != std::string::npos, lab.end());
    BOOST_TEST(lab.end().find("server 'server01'") != std::string::npos, lab.end());
    BOOST_TEST(lab.end().find("stand-in '" + stand_in + "'") != std::string::npos, lab.end());
    BOOST_TEST(lab.told("stand-in '" + stand_in + "' executes the job of server 'server01': it goes on with its data"));
}

BOOST_AUTO_TEST_CASE(an_end_that_loses_nothing_is_normal) {
    for (const auto data : {JobData::None, JobData::Shared}) {
        LocalData lab(data, domain::FencePolicy::Power);
        BOOST_REQUIRE(stateOf(lab.failAndRun()) == "Succeeded");
        BOOST_TEST(lab.end().find("has ended normally") != std::string::npos, lab.end());
        BOOST_TEST(lab.placement().writes.empty());
    }
}

BOOST_AUTO_TEST_CASE(the_age_of_the_data_is_told_at_the_takeover_and_at_the_end) {
    LocalData lab;
    auto row = *lab.row("server01");
    const auto at = lab.now() - std::chrono::hours(29 * 24 + 3);
    lab.ask([&](engine::Conductor& c) {
        c.spares().imageSeen(row.server, row.image, at);
        return 0;
    });
    lab.failAndRun();
    BOOST_TEST(lab.told("it goes on with its data of 29 days ago; what server 'server01' has written since"));
    BOOST_TEST(lab.end().find("with its data of 29 days ago") != std::string::npos, lab.end());
}

BOOST_AUTO_TEST_CASE(a_closed_failover_keeps_the_disk_of_its_stand_in) {
    LocalData lab;
    const auto stand_in = lab.standIn();
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(lab.close(id).has_value());
    BOOST_TEST(stateOf(lab.operation(id)) == "Closed");
    BOOST_TEST(lab.isKept(stand_in));
    BOOST_TEST(lab.row("server01")->stand_in.empty());
    BOOST_TEST(lab.placement().writes.size() == 3U);
    BOOST_TEST(!lab.close(id).has_value());
    BOOST_TEST(lab.isKept(stand_in));
    // … until somebody says that it need not be kept.
    BOOST_REQUIRE(lab.close(id, true).has_value());
    BOOST_TEST(lab.guests().count(stand_in) == 0U);
    BOOST_TEST(lab.placement().writes.size() == 2U);
    BOOST_TEST(!lab.close(id, true).has_value());
}

BOOST_AUTO_TEST_CASE(a_kept_disk_that_is_discarded_leaves_the_new_stand_in_in_its_segment) {
    LocalData lab;
    const auto kept = lab.standIn();
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(lab.close(id).has_value());
    lab.repair();
    BOOST_REQUIRE(lab.beginReturn(true).has_value());
    lab.run();
    const auto prepared = lab.request(domain::OperationKind::Prepare);
    BOOST_REQUIRE(prepared.has_value());
    lab.run();
    BOOST_REQUIRE(lab.close(id, true).has_value());
    BOOST_TEST(lab.guests().count(kept) == 0U);
    BOOST_TEST(lab.row("server01")->standin_ready);
    BOOST_TEST((lab.order().member(base::MemberName("stand-in")) != nullptr));
    // What was given up does not hold the next return up.
    BOOST_TEST(lab.placement().writes.empty());
}

BOOST_AUTO_TEST_CASE(data_that_are_discarded_are_deleted_with_their_stand_in) {
    LocalData lab;
    const auto stand_in = lab.standIn();
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(lab.close(id, true).has_value());
    BOOST_TEST(lab.guests().count(stand_in) == 0U);
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_never_had_the_job_is_deleted_as_ever) {
    LocalData lab;
    const auto stand_in = lab.standIn();
    lab.guest().mute = true;
    const auto failover = lab.failAndRun();
    BOOST_REQUIRE(stateOf(failover) == "Succeeded");
    BOOST_TEST(lab.end().find("stand-in '" + stand_in) == std::string::npos, lab.end());
    BOOST_TEST(lab.end().find("server 'server01'") != std::string::npos, lab.end());
    BOOST_REQUIRE(lab.close(failover.id).has_value());
    BOOST_TEST(lab.guests().count(stand_in) == 0U);
}

BOOST_AUTO_TEST_CASE(a_return_that_would_lose_writes_says_who_has_them_and_is_refused) {
    LocalData lab;
    const auto stand_in = lab.standIn();
    lab.failAndRun();
    lab.repair();
    const auto refused = lab.beginReturn();
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::WrongState));
    const auto& why = refused.error().message;
    BOOST_TEST(why.find("stand-in '" + stand_in + "' (written from ") != std::string::npos, why);
    BOOST_TEST(why.find("spare 'spare01' (written from ") != std::string::npos, why);
    BOOST_TEST(why.find("standinctl returned server01 --discard-data") != std::string::npos, why);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_REQUIRE(lab.beginReturn(true).has_value());
    lab.run();
    BOOST_TEST(lab.owner() == "server");
    // The next failover of the server is not held up by what was given up.
    BOOST_REQUIRE_EQUAL(lab.placement().writes.size(), 1U);
    BOOST_TEST(lab.placement().writes.front().given_up);
    BOOST_TEST(lab.placement().writes.front().holder == stand_in);
}

BOOST_AUTO_TEST_CASE(a_return_that_loses_nothing_needs_nobodys_word) {
    LocalData lab;
    lab.guest().mute = true;
    lab.disturb("restore.begin", Mishap::Refused);
    BOOST_REQUIRE(stateOf(lab.failAndRun()) == "NeedsOperator");
    BOOST_TEST(lab.bringBack());
}

BOOST_AUTO_TEST_CASE(what_is_on_which_disk_is_known_after_a_restart) {
    LocalData lab;
    lab.failAndRun();
    const auto before = lab.placement().writes;
    BOOST_REQUIRE_EQUAL(before.size(), 3U);
    lab.kill();
    lab.start();
    BOOST_TEST((lab.placement().writes == before));
}

BOOST_AUTO_TEST_SUITE_END()
