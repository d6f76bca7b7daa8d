#include "coordinator/domain/matrix.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

using namespace standin::domain;
using namespace standin;
using namespace std::chrono_literals;

namespace {

template <typename Visit>
void eachStateOfEachKind(Visit visit) {
    for (const auto kind : all_kinds) {
        for (std::size_t i = 0; i < state_count; ++i) {
            if (takesPart(kind, static_cast<State>(i))) visit(kind, static_cast<State>(i));
        }
    }
}

bool isCold(State state) {
    return state == State::ColdPreparingSpare || state == State::ColdStartingSpare ||
           state == State::ColdGivingSegment || state == State::ColdLeavingSpare;
}

/// Operations in a state whose steps have come to anything, and what may be observed beside them.
class AnyCase {
  public:
    explicit AnyCase(unsigned seed) : random_(seed) {}

    Observation observation() {
        Observation observation;
        observation.server.name = base::ServerName("server01");
        observation.server.fence_policy = flip() ? FencePolicy::Port : FencePolicy::Power;
        observation.server.job_data = flip() ? JobData::Local : JobData::None;
        observation.capture_way = flip() ? CaptureWay::Restart : CaptureWay::PoweredOff;
        if (flip()) observation.rack_failover = "failover 3 of server 'server02'";
        for (const auto* spare : {"spare01", "spare02"}) {
            if (flip()) observation.spares.emplace_back(spare);
        }
        return observation;
    }

    Operation operation(OperationKind kind, State state) {
        Operation operation;
        operation.kind = kind;
        operation.state = state;
        operation.server = base::ServerName("server01");
        operation.image = base::ImageId("image-2");
        operation.new_stand_in = base::StandInName("server01-2");
        if (often()) operation.stand_in = base::StandInName("server01-1");
        const bool chooses_spare = state == State::PreparingSpare || state == State::ColdPreparingSpare;
        if (!chooses_spare || often()) operation.spare = base::SpareName("spare01");
        if (often()) operation.previous_image = base::ImageId("image-1");
        if (flip()) operation.failed_spares.emplace_back("spare01");
        operation.cold = isCold(state) || (state == State::Settling && flip());
        operation.job_runs = flip();
        if (state == State::NeedsOperator) operation.confirmed = flip();
        operation.verify_again = !often();
        operation.handovers = any(0, 3);
        const bool goes_well = flip();
        for (const auto& row : step_descriptors) addStep(operation, row.step, goes_well);
        return operation;
    }

  private:
    void addStep(Operation& operation, StepName name, bool goes_well) {
        // Nothing is held while the cold path is under way.
        if (name == StepName::ReturnRequests && operation.cold) return;
        if (name != StepName::ResumeStandIn && !often()) return;
        Step& step = operation.at({name, subjectOf(operation, name)});
        step.state = static_cast<StepState>(any(0, static_cast<unsigned>(StepState::Unknown)));
        if (goes_well && often()) step.state = StepState::Done;
        step.attempts = any(1, 100);
        step.refusals = any(0, 20);
        step.error = flip() ? base::ErrorCode::Conflict : base::ErrorCode::Unreachable;
        if (flip()) step.error = flip() ? base::ErrorCode::WrongState : base::ErrorCode::Corrupt;
        step.finding = static_cast<Finding>(any(0, static_cast<unsigned>(Finding::Unled)));
        if (flip()) step.patience_from = now - 1h;
    }
    unsigned any(unsigned least, unsigned most) {
        return std::uniform_int_distribution<unsigned>(least, most)(random_);
    }
    bool flip() { return any(0, 1) == 1; }
    bool often() { return any(0, 4) != 0; }

    std::mt19937 random_;

  public:
    static inline const base::WallTime now = base::WallTime(std::chrono::hours(480000));
};

}  // namespace

BOOST_AUTO_TEST_SUITE(state_event_matrix)

BOOST_AUTO_TEST_CASE(every_event_that_may_come_in_a_state_is_handled_or_ignored_for_a_reason) {
    eachStateOfEachKind([](OperationKind kind, State state) {
        for (std::size_t i = 0; i < event_count; ++i) {
            const auto event = static_cast<Event>(i);
            BOOST_TEST(!std::holds_alternative<Unhandled>(cellOf(kind, state, event)),
                       nameOf(kind) << ": " << nameOf(event) << " in " << nameOf(state));
        }
    });
}

BOOST_AUTO_TEST_CASE(an_event_that_is_handled_may_come) {
    for (const auto& row : transitions()) {
        BOOST_TEST(mayCome(row.from, row.event), nameOf(row.kind)
                                                     << ": " << nameOf(row.event) << " in " << nameOf(row.from));
    }
}

BOOST_AUTO_TEST_CASE(whatever_its_steps_have_come_to_a_state_wants_only_its_own_and_detects_only_what_is_handled) {
    AnyCase any(1);
    std::set<std::pair<State, Event>> detected;
    eachStateOfEachKind([&](OperationKind kind, State state) {
        for (int round = 0; round < 2000; ++round) {
            const auto operation = any.operation(kind, state);
            const auto observation = any.observation();
            const OperationProgress progress(operation, observation, AnyCase::now);
            for (const auto& step : wantedSteps(progress)) {
                BOOST_REQUIRE_MESSAGE(stepsOf(state).contains(step.name), nameOf(state)
                                                                              << " wants " << nameOf(step.name));
            }
            const auto event = detectEvent(progress);
            if (!event) continue;
            detected.emplace(state, event->event);
            BOOST_REQUIRE_MESSAGE(successor(kind, state, event->event).has_value(),
                                  nameOf(kind) << ": " << nameOf(event->event) << " in " << nameOf(state));
        }
    });
    for (const auto& row : transitions()) {
        if (originOf(row.event).is_request) continue;
        BOOST_TEST(detected.count({row.from, row.event}) == 1u, nameOf(row.event)
                                                                    << " is never detected in " << nameOf(row.from));
    }
}

BOOST_AUTO_TEST_SUITE_END()
