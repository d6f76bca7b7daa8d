#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/protocol/hold.hpp"
#include "agent/protocol/segment.hpp"
#include "agent/protocol/stand_in.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/journal/journal.hpp"
#include "coordinator/simulation/running_steps.hpp"
#include "coordinator/simulation/virtual_time.hpp"
#include "coordinator/simulation/world/clients.hpp"

namespace standin::engine {
class StatusBoard;
struct ServerSnapshot;
}  // namespace standin::engine

namespace standin::simulation {

class World;

/// One breach of what must never happen, with the number that FLOW.md gives the rule.
struct Breach {
    int rule = 0;
    VirtualTime at{};
    std::string who;
    std::string what;
    std::vector<std::string> last_events;  ///< if there is a log
};

/// Learns what happens in the world while it happens, and checks it against the rules: by the world's truth, not by
/// what the coordinator believes. It looks only at what is touched.
class Invariants {
  public:
    explicit Invariants(World& world) : running(world), world_(world) {}

    // Events in the world.
    /// A fence must not fail because of a machine that it need not speak of.
    void fences(const protocol::CommandStamp& stamp, const std::string& segment, const protocol::SegmentOrder& order);
    /// A server whose job answers is not fenced because of a message alone (rule 9).
    void fencesServer(const protocol::CommandStamp& stamp, const std::string& segment,
                      const protocol::SegmentOrder& order);
    /// `ordered_at`: the order has left the coordinator.
    void segmentMoves(const std::string& segment, const base::MemberName& from, const protocol::SegmentOrder& order,
                      VirtualTime ordered_at);
    void executes(const JobRequest& request, const std::string& executor);
    void deliversHeld(const std::string& job, const std::string& executor, std::uint64_t number,
                      std::uint64_t last_number);
    /// `commanded_at`: its command has left the coordinator; `by`: that coordinator's instance.
    void writesDisk(const std::string& machine, const std::string& restore, VirtualTime commanded_at,
                    const std::string& by);
    void switchesPower(const std::string& machine, bool on);
    /// A coordinator commands its power device to switch it.
    void commandsPower(const std::string& machine);
    void removesStandIn(const std::string& stand_in);
    /// An operator has agreed to what the agents say.
    void agreesToAdoption() { adoption_agreed_ = true; }
    /// An operator has agreed to lose the writes that the server's stand-ins and spares have of its job.
    void givesUpData(const std::string& server);
    void capturesDisk(const std::string& machine);
    /// A machine's system is asked to shut down; its power is cut, whatever it does.
    void asksToShutDown(const std::string& machine);
    void cutsPower(const std::string& machine);
    /// Its hardware breaks down, or is repaired.
    void breaks(const std::string& machine);
    void isRepaired(const std::string& machine) { broken_.erase(machine); }
    /// A command has its effect at an agent.
    void commanded(const protocol::CommandStamp& stamp);
    // Reports of agents: a step that claims one must have received it.
    void answersProbe(const std::string& executor);
    void tellsRequests(const std::string& stand_in, unsigned unanswered);
    void tellsStandIn(const protocol::StandIn& stand_in);
    void tellsHold(const std::string& job, const protocol::Hold& hold);
    /// A server's failure was reported by an entitled source: a trap that is a failure by the rules, or an operator.
    void failureReported(const std::string& server);
    /// It was only restarted for a capture, and its BMC speaks of failures.
    void restartReported(const std::string& server);
    /// An operator has repaired the server and brings its job back.
    void returned(const std::string& server);

    /// A commit of the coordinator: it may claim only facts.
    void commits(const journal::Entry& entry);
    void tells(const std::string& operation, const std::string& message);

    /// At the end, when faults are over and everything had its time: rule 7, rule 8, and that what is reported
    /// agrees with the world.
    void end(const engine::StatusBoard& board);
    void breach(int rule, std::string who, std::string what);

    RunningSteps running;
    [[nodiscard]] const std::vector<Breach>& breaches() const { return breaches_; }

  private:
    void stepDone(const domain::Operation& operation, const domain::Step& step);
    void unsaid(const domain::Operation& operation, const domain::Step& step, const char* what);
    void opens(const domain::Operation& operation);
    void begins(const domain::Operation& operation, const domain::Operation* before, const journal::Entry& entry);
    void cancels(const domain::Operation& operation);
    /// An operator has taken its failover back, durably, and its power was not cut.
    [[nodiscard]] bool isCancelled(const std::string& server) const;
    void rests(const domain::Operation& operation);
    void succeeds(const domain::Operation& operation);
    void losesNothing(const std::string& disk, const char* how);
    void throughItsOwnDevice(const std::string& name, const char* what);
    void endsWithout(const domain::Operation& operation);
    void returnsWithout(const std::string& server);
    void endOf(const domain::Operation& operation);
    void endOfBlocked(const domain::Operation& operation);
    void endOf(const domain::SpareTableRow& row);
    void endOf(const engine::ServerSnapshot& told, bool in_suspense);
    void endOfExecutor(const engine::ServerSnapshot& told);
    [[nodiscard]] bool isDownAfterRestart(const base::ServerName& server) const;
    void settlesClaim(const domain::Operation& capture, const journal::Entry& entry);
    void endOfJob(const engine::ServerSnapshot& told);
    [[nodiscard]] VirtualTime executesSince(const base::ServerName& server) const;
    void reliesOn(const std::string& segment, const protocol::SegmentOrder& order, VirtualTime ordered_at);
    void leavesHeldBehind(const std::string& segment, const protocol::SegmentOrder& order);
    [[nodiscard]] bool isFenced(const std::string& server, const base::MemberName& owner) const;

    World& world_;
    std::set<std::string> reported_;
    std::set<std::string> restarted_;
    std::set<std::string> returned_;
    bool adoption_agreed_ = false;
    std::set<base::ServerName> intended_returns_;  ///< durably; until another machine is to get the job
    std::set<domain::OperationId> known_;
    std::set<std::string> proved_;  ///< machines that have answered a probe since they were switched on
    /// Broken machines: since when, and how many probes were sent to any machine before.
    std::map<std::string, std::pair<VirtualTime, unsigned>> broken_;
    std::map<std::string, VirtualTime> asked_to_shut_down_;
    std::set<std::string> suspended_;           ///< stand-ins that were suspended when they were last reported
    std::set<std::string> drained_;             ///< stand-ins that had answered everything since requests are held
    std::set<std::string> released_;            ///< jobs of which nothing was held any more since the holder releases
    std::set<std::string> handed_over_;         ///< jobs of which the spare has got requests that the holder had taken
    std::set<std::string> told_;                ///< operations that the operator was notified of
    std::vector<VirtualTime> unproved_fences_;  ///< first fences that neither a release nor evidence let through
    std::vector<Breach> breaches_;
};

}  // namespace standin::simulation
