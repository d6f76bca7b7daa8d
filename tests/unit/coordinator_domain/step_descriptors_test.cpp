#include "coordinator/domain/step_descriptors.hpp"

#include <boost/test/unit_test.hpp>

#include "coordinator/domain/preconditions.hpp"

using namespace standin::domain;
using namespace standin;

namespace {

Observation leasedSpare() {
    Observation observation;
    observation.leased = {base::SpareName("spare01")};
    return observation;
}

Operation failover(std::initializer_list<StepName> done) {
    Operation operation;
    operation.server = base::ServerName("server01");
    operation.stand_in = base::StandInName("server01-1");
    operation.spare = base::SpareName("spare01");
    for (const auto name : done) operation.at({name, subjectOf(operation, name)}).state = StepState::Done;
    return operation;
}

bool isSafe(StepName step, std::initializer_list<StepName> done, const Observation& observation = leasedSpare()) {
    return descriptorOf(step).precondition(failover(done), observation) == nullptr;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(steps_of_the_flow)

using enum StepName;

BOOST_AUTO_TEST_CASE(every_step_has_a_name_limits_and_a_subject) {
    Operation operation;
    operation.kind = OperationKind::Prepare;
    operation.server = base::ServerName("server01");
    operation.stand_in = operation.new_stand_in = base::StandInName("server01-1");
    operation.spare = base::SpareName("spare01");
    operation.image = base::ImageId("image-1");
    for (const auto& row : step_descriptors) {
        BOOST_TEST((stepFrom(nameOf(row.step)) == row.step));
        BOOST_TEST((limitsOf(row.step, Observation{}).deadline > std::chrono::milliseconds(0)), row.name);
        BOOST_TEST(subjectOf(operation, row.step).empty() == (row.step == TellOperator), row.name);
    }
}

BOOST_AUTO_TEST_CASE(a_spare_is_not_written_before_it_is_leased_released_and_off) {
    BOOST_TEST(isSafe(RestoreSpare, {ReleaseSpare, PowerOffSpare}));
    BOOST_TEST(!isSafe(RestoreSpare, {PowerOffSpare}));
    BOOST_TEST(!isSafe(RestoreSpare, {ReleaseSpare}));
    BOOST_TEST(!isSafe(RestoreSpare, {ReleaseSpare, PowerOffSpare}, Observation{}));
}

BOOST_AUTO_TEST_CASE(a_spare_is_not_switched_before_it_is_leased_and_released) {
    for (const auto step : {PowerOffSpare, PowerOffFailedSpare}) {
        BOOST_TEST(isSafe(step, {ReleaseSpare}));
        BOOST_TEST(!isSafe(step, {}));
        BOOST_TEST(!isSafe(step, {ReleaseSpare}, Observation{}));
    }
    BOOST_TEST(isSafe(StartSpare, {IsolateSpare}));
    BOOST_TEST(!isSafe(StartSpare, {}));
}

BOOST_AUTO_TEST_CASE(the_segment_is_given_to_nobody_before_the_fence_that_the_policy_demands) {
    auto power_first = leasedSpare();
    power_first.server.fence_policy = FencePolicy::Power;
    BOOST_TEST(isSafe(GiveSegment, {FencePort, ResumeStandIn}));
    BOOST_TEST(!isSafe(GiveSegment, {ResumeStandIn}));
    BOOST_TEST(!isSafe(GiveSegment, {FencePort}));
    BOOST_TEST(!isSafe(GiveSegment, {FencePort, ResumeStandIn}, power_first));
    BOOST_TEST(isSafe(GiveSegmentToSpare, {FencePower, ProbeSpare}, power_first));
    BOOST_TEST(!isSafe(GiveSegmentToSpare, {FencePort, ProbeSpare}, power_first));
    BOOST_TEST(!isSafe(GiveSegmentToSpare, {FencePort}));
    BOOST_TEST(!isSafe(GiveSegmentToSpare, {FencePort, ProbeSpare}, Observation{}));
}

BOOST_AUTO_TEST_SUITE_END()
