#include "tests/simulated/simulated_command.hpp"

namespace standin::simulated {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedHolderDriver final : public drivers::HolderDriver {
  public:
    explicit SimulatedHolderDriver(SimulatedWorld& world) : world_(world) {}

    Result<protocol::Hold> hold(const base::JobName& job, Deadline deadline) override {
        return carryOut<protocol::Hold>(world_, "hold.get", job.text(), nullptr, deadline,
                                        [&]() -> Result<protocol::Hold> { return step(job); });
    }
    Result<protocol::Hold> setHold(const CommandStamp& stamp, const base::JobName& job, protocol::HoldState state,
                                   Deadline deadline) override {
        return carryOut<protocol::Hold>(world_, std::string("hold.") + protocol::nameOf(state), job.text(), &stamp,
                                        deadline, [&]() -> Result<protocol::Hold> {
                                            auto& hold = world_.holds[job.text()];
                                            if (state == protocol::HoldState::Idle && hold.held > 0)
                                                world_.breach("held requests of job '" + job.text() + "' were dropped");
                                            if (state == protocol::HoldState::Holding && hold.state != state)
                                                hold.held = 3;
                                            hold.job = job;
                                            hold.state = state;
                                            return hold;
                                        });
    }
    Result<protocol::ProbeAnswer> probe(const base::JobName& job, const protocol::ProbeRequest& request,
                                        Deadline deadline) override {
        return carryOut<protocol::ProbeAnswer>(
            world_, "probe", job.text(), nullptr, deadline, [&]() -> Result<protocol::ProbeAnswer> {
                const bool misses = world_.probes_to_miss > 0;
                if (misses) --world_.probes_to_miss;
                const bool answers = !misses && answersBehindBackLeg(job);
                if (!answers) world_.clock.pass(std::chrono::milliseconds(request.deadline_ms));
                return protocol::ProbeAnswer{answers, answers ? 5.0 : 0, answers ? 200 : 0, 1,
                                             answers ? "" : "connection refused"};
            });
    }

  private:
    protocol::Hold step(const base::JobName& job) {
        auto& hold = world_.holds[job.text()];
        if (hold.state == protocol::HoldState::Releasing && hold.held > 0 && answersBehindBackLeg(job)) {
            --hold.held;
            ++hold.delivered;
            checkAlone(job);
        }
        return hold;
    }
    /// Who is behind the back leg is the only one to execute the job.
    void checkAlone(const base::JobName& job) {
        const auto& order = world_.segments[job.text()].order;
        const auto* established = order.established.empty() ? nullptr : order.member(order.established);
        if (established == nullptr || order.established == order.back_leg_to) return;
        for (const auto& [name, machine] : world_.stand_ins) {
            if (machine.stand_in.port == established->port && machine.stand_in.state == protocol::StandInState::Running)
                world_.breach("a held request was released to '" + order.back_leg_to.text() + "' while '" + name +
                              "' has connections of the job");
        }
    }
    bool answersBehindBackLeg(const base::JobName& job) {
        const auto& order = world_.segments[job.text()].order;
        const auto* member = order.member(order.back_leg_to);
        if (member == nullptr) return false;
        for (const auto& [name, machine] : world_.stand_ins) {
            if (machine.stand_in.port == member->port)
                return machine.answers && machine.stand_in.state == protocol::StandInState::Running;
        }
        for (const auto& [name, machine] : world_.machines) {
            if ("p-" + name == member->port.text()) return machine.on && machine.boots;
        }
        return false;
    }
    SimulatedWorld& world_;
};

}  // namespace

std::shared_ptr<drivers::HolderDriver> simulatedHolder(SimulatedWorld& world) {
    return std::make_shared<SimulatedHolderDriver>(world);
}

}  // namespace standin::simulated
