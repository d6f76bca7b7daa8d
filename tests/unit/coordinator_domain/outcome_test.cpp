#include "coordinator/domain/outcome.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::domain;
using standin::base::ImageId;
using standin::base::PortName;
using standin::base::ServerName;
using standin::base::SpareName;
using standin::base::StandInName;
using standin::base::WallTime;
using On = Placement::On;

namespace {

const WallTime morning = WallTime(std::chrono::hours(480000));
const WallTime midday = morning + std::chrono::hours(6);

Operation operationOf(OperationKind kind) {
    Operation operation;
    operation.id = 17;
    operation.kind = kind;
    operation.server = ServerName("server01");
    operation.stand_in = StandInName("server01-1");
    operation.spare = SpareName("spare01");
    operation.image = ImageId("image-2");
    operation.image_at = midday;
    operation.job_runs = true;
    return operation;
}

ServerRecord recordOf(Placement placement = {}) {
    SpareTableRow row;
    row.server = ServerName("server01");
    row.spare = SpareName("spare01");
    row.image = ImageId("image-1");
    row.image_at = morning;
    row.stand_in = StandInName("server01-1");
    row.stand_in_port = PortName("vnet1");
    row.standin_ready = true;
    return {row, std::move(placement)};
}

Server serverOf(JobData data = JobData::None) {
    Server server;
    server.name = ServerName("server01");
    server.job_data = data;
    return server;
}

Outcome outcomeOf(const Operation& operation, Event event, const ServerRecord& before, State to = State::Succeeded,
                  JobData data = JobData::None) {
    return standin::domain::outcomeOf(operation, {State::Opened, to, event, "a test"}, serverOf(data), before);
}

HeldWrites writesBy(HeldWrites::By by, const std::string& holder) {
    return {by, holder, morning, midday, false};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outcome)

BOOST_AUTO_TEST_CASE(a_job_is_placed_as_its_failover_goes_on) {
    const StandInName stand_in("server01-1");
    const SpareName spare("spare01");
    const Placement server{}, nobody{On::Nobody, {}, {}}, on_stand_in{On::StandIn, stand_in, {}},
        between{On::Nobody, stand_in, spare}, on_spare{On::Spare, {}, spare};
    struct Case {
        Event event;
        State to;
        Placement before;
        std::optional<Placement> after;
    };
    const std::vector<Case> cases{
        {Event::Begins, State::Verifying, server, std::nullopt},
        {Event::FailureConfirmed, State::TakingOver, server, nobody},
        {Event::OperatorRetries, State::TakingOver, server, nobody},  // of a failure that nobody had confirmed
        {Event::FailureRefuted, State::StandingDown, server, std::nullopt},
        {Event::StoodDown, State::Closed, server, std::nullopt},
        {Event::SegmentGiven, State::PreparingSpare, nobody, on_stand_in},
        {Event::StandInUnusable, State::ColdPreparingSpare, on_stand_in, Placement{On::Nobody, stand_in, {}}},
        {Event::StandInUnusable, State::ColdPreparingSpare, nobody, std::nullopt},
        {Event::StandInFrozen, State::ReleasingRequests, on_stand_in, between},
        {Event::StandInLost, State::ReleasingRequests, on_stand_in, between},
        {Event::StandInLost, State::ColdPreparingSpare, on_stand_in, std::nullopt},
        {Event::RequestsReturned, State::PreparingSpare, between, on_stand_in},
        {Event::RequestsReturned, State::PreparingSpare, on_stand_in, std::nullopt},
        {Event::HandoversExhausted, State::Failed, between, on_stand_in},
        {Event::SpareOwnsSegment, State::Succeeded, between, on_spare},
        {Event::OperatorRetries, State::TakingOver, on_stand_in, std::nullopt},
    };
    for (const auto& [event, to, before, after] : cases) {
        const auto result = outcomeOf(operationOf(OperationKind::Failover), event, recordOf(before), to);
        BOOST_TEST((result.placement == after), nameOf(event) << " to " << nameOf(to));
        BOOST_TEST(result.ends_return == (event == Event::Begins), nameOf(event));
        BOOST_TEST(result.released.empty(), nameOf(event));
    }
}

BOOST_AUTO_TEST_CASE(a_segment_that_was_given_to_a_job_that_is_down_places_nothing) {
    auto failover = operationOf(OperationKind::Failover);
    failover.job_runs = false;
    BOOST_TEST(!outcomeOf(failover, Event::SegmentGiven, recordOf({On::Nobody, {}, {}})).placement);
}

BOOST_AUTO_TEST_CASE(the_row_says_what_became_of_the_stand_in_and_its_image) {
    struct Case {
        OperationKind kind;
        Event event;
        bool ready, stale, has_stand_in;
        const char* image;
        const char* note;
    };
    const std::vector<Case> cases{
        {OperationKind::Failover, Event::Begins, false, false, true, "image-1", "used by failover 17"},
        {OperationKind::Refresh, Event::ImageDiffers, true, true, true, "image-2",
         "made from image 'image-1', not from 'image-2'"},
        {OperationKind::Refresh, Event::CapacityForOne, false, false, true, "image-1",
         "being replaced: the VM host has room for one stand-in only"},
        {OperationKind::Refresh, Event::OldStandInRemoved, false, false, false, "image-1", "no stand-in"},
        {OperationKind::Failover, Event::ClosedUp, false, false, false, "image-1", "no stand-in"},
        {OperationKind::Prepare, Event::StandInAdopted, true, true, true, "image-1",
         "made from image 'image-2', not from 'image-1'"},
    };
    for (const auto& one : cases) {
        auto operation = operationOf(one.kind);
        if (one.event == Event::StandInAdopted) operation.new_stand_in = StandInName("server01-17");
        const auto row = outcomeOf(operation, one.event, recordOf()).row;
        BOOST_REQUIRE_MESSAGE(row.has_value(), nameOf(one.event));
        BOOST_TEST(row->standin_ready == one.ready, nameOf(one.event));
        BOOST_TEST(row->stale == one.stale, nameOf(one.event));
        BOOST_TEST(row->stand_in.empty() == !one.has_stand_in, nameOf(one.event));
        BOOST_TEST(row->image.text() == one.image, nameOf(one.event));
        BOOST_TEST(row->note == one.note, nameOf(one.event));
    }
}

BOOST_AUTO_TEST_CASE(the_row_keeps_what_is_not_the_operations) {
    auto other = operationOf(OperationKind::Failover);
    other.stand_in = StandInName("server01-9");
    BOOST_TEST(!outcomeOf(other, Event::ClosedUp, recordOf()).row);
    const auto prepare = operationOf(OperationKind::Prepare);
    BOOST_TEST(!outcomeOf(prepare, Event::Begins, recordOf()).row);
    BOOST_TEST(!outcomeOf(prepare, Event::CapacityLacks, recordOf()).row);  // a stand-in that is ready stays so
    BOOST_TEST(!outcomeOf(prepare, Event::StandInAdopted, {}).row);         // it has none
}

BOOST_AUTO_TEST_CASE(the_row_learns_how_old_its_image_is) {
    auto prepare = operationOf(OperationKind::Prepare);
    BOOST_TEST(!outcomeOf(prepare, Event::CapacityThere, recordOf()).row);  // of another image
    prepare.image = ImageId("image-1");
    BOOST_TEST((outcomeOf(prepare, Event::CapacityThere, recordOf()).row->image_at == midday));
    auto refresh = operationOf(OperationKind::Refresh);
    refresh.previous_image = ImageId("image-1");
    const auto confirmed = outcomeOf(refresh, Event::NoDifference, recordOf()).row;
    BOOST_REQUIRE(confirmed.has_value());
    BOOST_TEST((confirmed->image_at == midday && confirmed->stand_in_image_at == midday));
}

BOOST_AUTO_TEST_CASE(a_closed_failover_gives_its_spares_back_but_for_the_one_that_executes_the_job) {
    auto failover = operationOf(OperationKind::Failover);
    failover.failed_spares = {SpareName("spare02")};
    const auto given_up = outcomeOf(failover, Event::ClosedUp, recordOf()).released;
    BOOST_TEST((given_up == std::vector{SpareName("spare02"), SpareName("spare01")}));
    const auto executing = outcomeOf(failover, Event::ClosedUp, recordOf({On::Spare, {}, failover.spare})).released;
    BOOST_TEST((executing == std::vector{SpareName("spare02")}));
}

BOOST_AUTO_TEST_CASE(writes_of_local_data_are_kept_until_their_disk_is_deleted) {
    using By = HeldWrites::By;
    const auto kept = writesBy(By::StandIn, "server01-0"), own = writesBy(By::StandIn, "server01-1");
    auto failover = operationOf(OperationKind::Failover);
    failover.writes = {own};
    Placement before{On::StandIn, failover.stand_in, {}};
    before.writes = {kept};
    const auto noted = outcomeOf(failover, Event::SpareOwnsSegment, recordOf(before), State::Succeeded, JobData::Local);
    BOOST_TEST((noted.placement->writes == std::vector{kept, own}));
    const auto shared =
        outcomeOf(failover, Event::SpareOwnsSegment, recordOf(before), State::Succeeded, JobData::Shared);
    BOOST_TEST((shared.placement->writes == std::vector{kept}));

    before.writes = {kept, own};
    const auto closed = outcomeOf(failover, Event::ClosedUp, recordOf(before), State::Closed, JobData::Local);
    BOOST_TEST(!closed.placement);  // it is kept
    failover.discard_data = true;
    const auto discarded = outcomeOf(failover, Event::ClosedUp, recordOf(before), State::Closed, JobData::Local);
    BOOST_TEST((discarded.placement->writes == std::vector{kept}));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_back_has_given_up_the_writes_of_stand_ins) {
    using By = HeldWrites::By;
    Placement before{On::Spare, {}, SpareName("spare01"), "operator ada"};
    before.writes = {writesBy(By::Server, "server01"), writesBy(By::StandIn, "server01-1"),
                     writesBy(By::Spare, "spare01")};
    BOOST_TEST(writesElsewhere(before, serverOf(JobData::Local)).size() == 2);
    BOOST_TEST(writesElsewhere(before, serverOf(JobData::Shared)).empty());
    const auto after = placementAfterReturn(before);
    BOOST_TEST((after.on == On::Server && after.brought_back_by.empty()));
    BOOST_REQUIRE(after.writes.size() == 1);
    BOOST_TEST((after.writes[0].holder == "server01-1" && after.writes[0].given_up));
    BOOST_TEST(writesElsewhere(after, serverOf(JobData::Local)).empty());
}

BOOST_AUTO_TEST_CASE(an_executor_that_no_failover_has_chosen_has_writes_too) {
    const Placement found{On::Spare, {}, SpareName("spare01")};
    const auto elsewhere = writesElsewhere(found, serverOf(JobData::Local));
    BOOST_REQUIRE(elsewhere.size() == 1);
    BOOST_TEST(elsewhere[0].holder == "spare01");
}

BOOST_AUTO_TEST_SUITE_END()
