#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/base/name_map.hpp"
#include "coordinator/domain/capture/capture_need.hpp"
#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/failure.hpp"
#include "coordinator/engine/attempts.hpp"
#include "coordinator/engine/bring_back.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/executor.hpp"
#include "coordinator/engine/job_question.hpp"
#include "coordinator/engine/placement_order.hpp"
#include "coordinator/engine/recorder.hpp"
#include "coordinator/engine/restore_scheduler.hpp"
#include "coordinator/engine/status_board.hpp"
#include "coordinator/engine/steps/step_context.hpp"
#include "coordinator/engine/survey.hpp"
#include "coordinator/engine/timeline.hpp"
#include "coordinator/engine/timer_queue.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::engine {

/// What came of one attempt, or one poll, of a step.
struct StepOutcome {
    domain::OperationId operation = 0;
    domain::StepId step;
    unsigned attempt = 0;
    std::uint64_t sequence = 0;  ///< tells polls of one attempt apart
    StepReport report;
    base::SteadyTime ended{};
};

/// A failure report, and who wants to know what came of it (may be nobody).
struct ReportInput {
    domain::FailureReport report;
    std::function<void(const base::Result<Engine::ReportOutcome>&)> reply;
};

class Conductor;

/// Anything else that is done on the engine's thread. What it returns is called when the batch is durable, or with why
/// it is not.
using Reply = std::function<void(const base::Result<void>& durable)>;
using Request = std::function<Reply(Conductor&)>;

using Input = std::variant<StepOutcome, ReportInput, Request>;

/// The engine without its thread: takes inputs in batches, decides, makes durable, has the steps carried out. Used by
/// one thread at a time. A batch costs at most one commit, however many servers it is about; outcomes that start
/// nothing new wait for the next commit (a crash loses nothing but the knowledge, and the step is observed again).
class Conductor {
  public:
    /// Called from the executor's threads.
    using Deliver = std::function<void(Input)>;

    Conductor(const Inventory& inventory, const Drivers& drivers, journal::Journal& journal, Executor& executor,
              const base::Clock& clock, EventSink& events, base::Log log, const EngineSettings& settings,
              StatusBoard& board, Deliver deliver);

    /// Called before recover() by whoever runs a watch. Its first look comes first, for at most a second: steps wait
    /// until it knows who leads, and a failure report until the segment of its server was looked at.
    void expectFirstLook() { expects_first_look_ = true; }
    void knowsWhoLeads();
    void lookedAtSegmentsOf(const std::set<base::ServerName>& servers);

    /// Opens the journal and goes on with what was begun.
    base::Result<void> recover();
    void handle(std::vector<Input> inputs);
    /// When handle({}) has something to do even without input.
    [[nodiscard]] std::optional<base::WallTime> nextWake() const;
    [[nodiscard]] base::WallTime now() const { return timeline_.now(); }

    /// Another coordinator leads: from now on nothing is decided, written or begun (a deposed coordinator's power
    /// commands could hit a machine that executes a job since). Idempotent; there is no way back but a restart.
    void depose(const std::string& why);
    [[nodiscard]] bool leads() const { return *leads_; }
    /// Goes into the audit with the next commit; makes none necessary at once.
    void keep(const std::vector<domain::AuditEntry>& entries) {
        entry_.audit.insert(entry_.audit.end(), entries.begin(), entries.end());
    }
    /// For a command that is sent now.
    std::uint64_t nextSequence() { return ++sequence_; }
    protocol::CommandStamp stampOf(std::string operation) {
        return {leader_.epoch, std::move(operation), nextSequence(), leader_.instance};
    }

    // Requests; called within a Request.
    base::Result<domain::OperationId> request(const OperationRequest& request);
    base::Result<void> retry(domain::OperationId id, const std::string& asked_by);
    base::Result<void> confirmFence(domain::OperationId id, const std::string& asked_by);
    /// `discard_data`: also where that deletes the only copy of what the job wrote on its stand-in.
    base::Result<void> close(domain::OperationId id, const std::string& asked_by, bool discard_data = false);
    /// No failover of the server is under way, and none orders its segment any more.
    /// WrongState: writes would be lost (rule 10), and `discard_data` does not say that they may.
    base::Result<void> mayReturn(const base::ServerName& server, bool discard_data = false);
    /// Who has asked is told what came of it; not before, nor without, success.
    using ReturnAnswer = std::function<void(const base::Result<void>& done)>;
    base::Result<void> beginReturn(const base::ServerName& server, const std::string& asked_by, bool discard_data,
                                   ReturnAnswer answer);
    void takeReturn(const base::ServerName& server, std::uint64_t attempt, const ReturnOutcome& outcome);
    /// Nobody waits any longer for what comes of any.
    void abandonReturns(const base::Error& why);
    using SurveyAnswer = std::function<void(const base::Result<AdoptionSnapshot>&)>;
    /// Begins to ask every agent what it knows; `answer` gets what that comes to.
    /// `claims`: every agent obeys this coordinator before it is asked.
    void survey(SurveyAnswer answer, bool claims = false);
    /// Asks them once more; if they say what they said when `mark` was shown, that is adopted, and `answer` given once
    /// it is durable.
    void beginAdoption(const std::string& mark, const std::string& asked_by, SurveyAnswer answer);
    [[nodiscard]] bool observes(const base::ServerName& server) const { return adoption_.observes(server); }
    base::Result<void> setSpare(const base::ServerName& server, const base::SpareName& spare,
                                const base::ImageId& image, const std::string& asked_by);
    /// Both or nothing.
    base::Result<domain::OperationId> setSpareAndPrepare(const base::ServerName& server, const base::SpareName& spare,
                                                         const base::ImageId& image, const std::string& asked_by);
    base::Result<domain::OperationId> unsetSpare(const base::ServerName& server, const std::string& asked_by);
    base::Result<void> setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                      const std::string& asked_by);
    Engine::ReportOutcome report(const domain::FailureReport& report);
    /// Rows and open operations that need the image, for people.
    [[nodiscard]] std::vector<std::string> usersOf(const base::ImageId& image) const;
    /// Until endRemoval() nothing may begin to use it. Conflict: somebody uses it.
    base::Result<protocol::CommandStamp> beginRemoval(const base::ImageId& image);
    /// A command to verify an image, on record.
    protocol::CommandStamp beginVerification(const base::ImageId& image, const std::string& asked_by);
    void endRemoval(const base::ImageId& image, const std::string& asked_by, const std::string& outcome);
    /// What would come of it; nothing is begun, told or counted.
    Engine::ReportOutcome foresee(const domain::FailureReport& report);

    // What the watch found out.
    /// The stand-in in service is gone or would not resume: `standin_ready` goes off (rule 7).
    void standInLost(const base::ServerName& server, const base::StandInName& stand_in, const std::string& why);
    /// The segment belongs to somebody else than the journal says (nothing: its switch knows of no order). The job that
    /// is placed on a stand-in or a spare gets it again; a segment that was found away from its server is believed.
    void segmentSeen(const WatchedPlacement& looked, const std::optional<protocol::SegmentOrder>& order);
    /// Who executes the job does not, or is silent: the operator is told; and the failover retried with a spare if
    /// there is one, unless the failed server is not off: then somebody may be bringing the job back to it.
    void executorLost(const WatchedPlacement& looked, const ExecutorLoss& loss);
    /// The request holder's back leg does not lead to the job's executor, so nobody can ask the job: it is led there.
    /// `seen` is in force on the segment.
    void leadBackLeg(const WatchedPlacement& looked, const protocol::SegmentOrder& seen);
    void jobFellSilent(const WatchedPlacement& looked, const JobSilence& silence);
    /// What came of a question to a server that was restarted, and failures of which were reported meanwhile.
    void takeTestimony(const base::ServerName& server, std::uint64_t question, const JobTestimony& testimony);
    void jobAnswersAgain(const WatchedPlacement& looked, base::WallTime since);
    /// From when the data of a row's image are; the watch has asked its store.
    void imageSeen(const base::ServerName& server, const base::ImageId& image, base::WallTime at);
    /// Rows of whose image that is not known.
    [[nodiscard]] std::vector<domain::SpareTableRow> rowsOfUnknownAge() const;
    /// Rows whose spares could not be restored from their images, as the image stores `asked` tell.
    void sparesSeen(const std::set<base::AgentName>& asked, const std::map<base::ServerName, std::string>& unfit);
    /// Every row whose server and spare are configured.
    [[nodiscard]] std::vector<domain::SpareTableRow> rowsWithSpares() const;
    /// What the watch has to look at: ready stand-ins of servers that no operation holds.
    [[nodiscard]] std::vector<domain::SpareTableRow> rowsToWatch() const;
    /// Failovers that may go on by themselves once somebody answers, as far as it is time for that.
    [[nodiscard]] std::vector<BlockedFailover> blockedFailovers();
    /// He does: it is tried again.
    void obstacleGone(const BlockedFailover& looked);
    /// Every job that no operation moves.
    [[nodiscard]] std::vector<WatchedPlacement> placementsToWatch();

  private:
    // conductor.cpp: the course of a batch
    void takeOutcome(StepOutcome& outcome);
    void takeReported(StepOutcome& outcome);
    void takeReport(const ReportInput& input);
    void take(Input& input);
    void advance(domain::OperationId id);
    void noteRestore(const domain::Operation& operation);
    void noteCapture(const domain::Operation& operation);
    void tellWaiting(domain::OperationId id);
    void giveTurns();
    bool begin(domain::Operation& operation, const domain::StepRequest& request);
    void take(domain::Operation& operation, const domain::StepId& step, const StepReport& report, base::WallTime ended);
    /// An event from outside; false if the operation's state has no row for it.
    bool accept(domain::Operation& operation, domain::Event event, const std::string& why, bool discard_data = false);
    void finishBatch();
    bool commit();
    void tellWarning(std::string warning);
    void turnAway(const std::vector<Input>& inputs) const;
    [[nodiscard]] base::Result<void> refused() const;
    void changed(domain::Operation& operation, const std::vector<domain::Change>& changes);
    void noteEnd(const domain::Operation& operation);
    void forgetOldest();

    // set_aside.cpp: an operation that cannot be handled
    void contain(domain::OperationId id, const std::function<void()>& work);
    void advanceContained(domain::OperationId id);
    void setAside(domain::OperationId id, const std::string& problem);
    void takeBack(domain::OperationId id);
    void recoverCrashes(std::map<domain::OperationId, unsigned> crashes);
    void recoverUnreadable(const std::vector<journal::Unreadable>& entries);

    // observe.cpp: what decide() has to know beside the operation
    const domain::Observation& observe(const domain::Operation& operation);
    void observeSpares(const domain::Operation& operation, domain::Observation& observation) const;

    // dispatch.cpp: from a durable intent to the executor
    void dispatchStarts();
    [[nodiscard]] int priorityOf(domain::OperationId id) const;
    void noteStart(domain::OperationId id, const domain::StepRequest& request);
    void dispatch(const base::Shared<domain::Operation>& operation, const domain::StepRequest& request);

    // overdue.cpp: attempts that do not report in time
    void expect(Attempt attempt);
    void lookAfterAttempts();
    void lookAfter(Attempt attempt);
    void giveUp(Attempt attempt, bool was_begun);
    void lookAfterReturns();
    void endPowerOn(domain::OperationId id, const domain::StepId& step);

    // effects.cpp: what a change of state means for spare table, leases and placements
    void apply(domain::Operation& operation, const domain::Change& change);
    void leaseSpare(domain::Operation& operation, const domain::StepId& step);
    [[nodiscard]] std::string standInCarriedBy(const domain::Spare& spare) const;
    [[nodiscard]] const domain::Lease* leaseOfHost(const base::AgentName& vm_host) const;
    void setRow(const domain::SpareTableRow& row);
    void setPlacement(const base::ServerName& server, domain::Placement placement);
    void writePlacement(const base::ServerName& server, domain::Placement placement);

    // writes.cpp: which disks have what a job wrote
    void noteWrites(const domain::Operation& failover);
    void forgetWritesOf(const base::ServerName& server, const base::StandInName& stand_in);
    [[nodiscard]] std::vector<domain::HeldWrites> writesElsewhere(const base::ServerName& server) const;
    static std::vector<domain::HeldWrites> givenUp(std::vector<domain::HeldWrites> writes);
    void ageSeen(const domain::Operation& operation);
    void imageStillTrue(const domain::Operation& operation);
    void leasesChanged();

    // first_look.cpp: before anything is begun
    void beginFirstLook();
    void endFirstLook();
    [[nodiscard]] std::optional<base::WallTime> firstLookEnds() const;

    // placements.cpp: jobs that no operation moves
    std::optional<WatchedPlacement> watchedPlacement(const base::ServerName& server);
    void orderAgain(const WatchedPlacement& placed, const protocol::SegmentOrder& order);
    void foundMoved(const base::ServerName& name, const protocol::SegmentOrder& order);
    void tellOnce(const base::ServerName& server, const std::string& sentence, const std::string& outcome);

    // adoption.cpp: what a new journal goes on from
    void takeSurvey(std::uint64_t number, const base::AgentName& agent, AgentFinding said);
    [[nodiscard]] AdoptionSnapshot adoptionSnapshot() const;
    base::Result<void> mayAdopt(const std::string& mark) const;
    void endAdoption(const std::string& mark, const std::string& asked_by, const SurveyAnswer& answer);
    base::Result<AdoptionSnapshot> adopt(const std::string& mark, const std::string& asked_by);
    void adopt(const base::ServerName& server, const domain::FoundServer& found);
    void goOnFrom(const domain::SiteFinding& finding);
    [[nodiscard]] base::Result<void> notObserved(const base::ServerName& server) const;
    void noteObserved(const domain::FailureReport& report);
    void keepAdoption();

    // returned.cpp: a job on its way back to its server
    void recoverReturns();
    void dispatchReturns();
    [[nodiscard]] std::optional<base::WallTime> nextReturn() const;
    [[nodiscard]] base::Result<void> losesNothing(const base::ServerName& server) const;
    [[nodiscard]] base::Result<void> notSwitchedOff(const base::ServerName& server) const;
    [[nodiscard]] base::Result<void> notBeingReturned(const base::ServerName& server) const;
    struct JobReturn;
    void doubtReturn(const base::ServerName& server, JobReturn& its, const std::string& problem);
    void endReturn(const base::ServerName& server, const base::Result<void>& done);
    void abandonReturn(const base::ServerName& server, const base::Error& why);
    void freeSparesOf(const base::ServerName& server);

    // restart_claims.cpp: failures that are reported while a capture restarts their server
    struct PendingClaim;
    [[nodiscard]] std::string restartOf(const base::ServerName& server) const;
    [[nodiscard]] const domain::Operation* restartingCapture(const base::ServerName& server) const;
    void keepClaim(const domain::FailureReport& report);
    void recoverClaims();
    void settleClaims();
    void dispatchClaims();
    [[nodiscard]] bool provesStandIn(const base::ServerName& server) const;
    void endClaim(const base::ServerName& server);
    [[nodiscard]] std::optional<base::WallTime> claimDue(const base::ServerName& server, const PendingClaim& its) const;
    [[nodiscard]] std::optional<base::WallTime> nextClaim() const;
    void failOverLate(const base::ServerName& server, const domain::RestartClaim& claim, const std::string& reported,
                      const std::string& problem);
    void tellClaim(drivers::Notification::Kind kind, const base::ServerName& server, const std::string& reported,
                   const std::string& outcome);

    // requests.cpp
    domain::Operation& open(domain::OperationKind kind, const base::ServerName& server, const std::string& asked_by,
                            base::WallTime failure_at);
    domain::Operation* openFailoverOf(const base::ServerName& server);
    domain::Operation* openOperationOf(const base::ServerName& server);
    domain::Operation* newestOf(const base::ServerName& server, bool (*is)(const domain::Operation&));
    static std::string executorOf(const domain::Placement& placement);
    static base::Error notClosed(const domain::Operation& operation);
    std::string refusal(const domain::FailureReport& report);
    domain::OperationId openFailover(const domain::FailureReport& report, base::WallTime failure_at);
    /// Another server of its rack whose job no spare executes yet, for people; empty: there is none.
    [[nodiscard]] std::string rackFailoverOf(const base::ServerName& server) const;
    void touchCapturesOfRack(const base::ServerName& server);
    [[nodiscard]] bool retiresHolder(const domain::Operation& failover) const;
    base::Result<void> mayClose(const domain::Operation& operation) const;
    base::Result<void> discardKept(const domain::Operation& closed, const std::string& asked_by);
    [[nodiscard]] bool mayHaveGivenSegment(const domain::Operation& operation) const;
    void preempt(domain::Operation& operation, domain::OperationId by);
    base::Result<void> mayBegin(const OperationRequest& request);
    base::Result<void> mayPrepare(const OperationRequest& request);
    [[nodiscard]] base::Result<void> mayRetry(const domain::Operation& operation) const;
    [[nodiscard]] base::Result<void> serverHasItsJob(const base::ServerName& server) const;
    [[nodiscard]] base::Result<void> hostIsThere(const base::ServerName& server) const;
    void audit(const std::string& who, const std::string& what, const std::string& outcome);
    void publish(const char* type, const domain::Operation& operation, std::string text, std::string data);
    void publishStep(const domain::Operation& operation, const domain::Step& step);

    const Inventory& inventory_;
    const Drivers& drivers_;
    journal::Journal& journal_;
    Executor& executor_;
    const base::Clock& clock_;
    EventSink& events_;
    base::Log log_;
    const EngineSettings& settings_;
    StatusBoard& board_;
    Deliver deliver_;
    Timeline timeline_;

    /// False since another coordinator is known to lead; tasks that were posted before look at it, too.
    std::shared_ptr<std::atomic<bool>> leads_ = std::make_shared<std::atomic<bool>>(true);
    protocol::Leader leader_;     ///< this coordinator
    std::uint64_t sequence_ = 0;  ///< of the last command; (epoch, sequence) ascends for ever
    domain::OperationId last_operation_ = 0;
    domain::SpareTable table_;
    /// Of failovers that were tried again by themselves.
    struct Retries {
        unsigned number = 0;
        base::WallTime next{};
    };
    std::map<domain::OperationId, Retries> retries_;
    std::map<base::SpareName, const domain::Spare*> free_spares_;  ///< configured, and leased to nobody
    std::map<domain::OperationId, domain::Operation> operations_;
    base::NameMap<base::ServerName, std::set<domain::OperationId>> operations_of_;  ///< the same, by their servers
    std::set<domain::OperationId> ended_;      ///< of them, those that may be forgotten, however many are open
    std::set<domain::OperationId> set_aside_;  ///< of them, those that are left alone until an operator asks
    std::map<domain::OperationId, unsigned> crashes_;
    /// Whose StartServer has been commanded and not answered, also after its operation has ended.
    std::map<base::ServerName, domain::OperationId> powering_on_;
    base::NameMap<base::ServerName, domain::Placement> placements_;
    base::NameMap<base::ServerName, journal::Maintenance> maintenance_;
    /// What was observed for a server's operation, and of what it holds until that changes.
    struct Seen {
        domain::Observation observation;
        domain::OperationId operation = 0;
        base::SpareName spare;
        std::size_t failed_spares = 0;
        std::uint64_t lease_changes = 0;
    };
    base::NameMap<base::ServerName, Seen> seen_;
    std::uint64_t lease_changes_ = 0;
    TimerQueue timers_;
    Attempts attempts_;
    std::set<base::ImageId> images_being_removed_;
    /// Intended (the placement says so, durably) and not known to have ended.
    struct JobReturn {
        std::string asked_by;
        std::vector<domain::HeldWrites> lost{};  ///< what the server goes on without, as the operator has agreed
        ReturnAnswer answer;                     ///< nobody's, after a restart
        base::WallTime since{};
        base::WallTime due{};
        bool gave_up = false;       ///< until an operator asks again
        std::uint64_t attempt = 0;  ///< the sequence of the one that is under way; 0: none is
        Executor::Ticket ticket = 0;
        base::WallTime look_at{};  ///< when it has to have reported
        bool claims_first = false;
        bool in_doubt = false;  ///< the segment may have been given, or may yet be
        std::string problem{};
    };
    std::map<base::ServerName, JobReturn> returns_;

    bool expects_first_look_ = false;
    struct FirstLook {
        base::WallTime until{};
        bool who_leads = false;               ///< awaited
        std::set<base::ServerName> segments;  ///< awaited
        std::vector<ReportInput> reports;     ///< of those servers
    };
    FirstLook first_look_;

    domain::Adoption adoption_;
    struct Survey {
        std::uint64_t number = 0;
        bool claims = false;
        std::set<base::AgentName> awaited;
        std::map<base::AgentName, AgentFinding> said;
        std::vector<std::function<void()>> then;
    };
    Survey survey_;                ///< under way, while somebody is awaited
    domain::SiteFinding finding_;  ///< of the last one
    std::uint64_t findings_ = 0;   ///< so many that differed: marks what was shown
    /// Durable with their captures.
    struct PendingClaim {
        domain::OperationId capture = 0;
        unsigned asked = 0;
        base::WallTime due{};        ///< at the earliest
        std::uint64_t question = 0;  ///< the sequence of the one that is under way; 0: none is
        Executor::Ticket ticket = 0;
        base::WallTime look_at{};  ///< when it has to have been answered
    };
    std::map<base::ServerName, PendingClaim> claims_;

    std::map<base::ServerName, std::pair<std::string, base::WallTime>> told_refusals_;
    base::NameMap<base::ServerName, std::pair<std::string, base::WallTime>> told_placements_;
    std::map<base::ServerName, std::string> unfit_spares_;  ///< told already

    // What the present batch has gathered.
    std::set<domain::OperationId> touched_;
    std::set<domain::OperationId> dirty_;
    journal::Entry entry_;
    Recorder recorder_{inventory_, settings_, entry_.records};
    bool must_commit_ = false;
    std::vector<std::pair<domain::OperationId, domain::StepRequest>> starts_;
    RestoreScheduler restore_turns_{inventory_.restores_at_once, default_restores_at_once};
    RestoreScheduler capture_turns_{inventory_.captures_at_once, default_captures_at_once};
    std::set<domain::OperationId> wait_for_turn_;  ///< since the present batch
    std::vector<Reply> replies_;
    struct Line {
        base::LogLevel level;
        std::string text;
    };
    std::vector<Line> lines_;
    std::vector<EngineEvent> published_;
    std::vector<std::pair<domain::OperationId, domain::StepId>> begun_;  ///< to be published once all are on their way
    std::string journal_warning_;
    std::optional<base::WallTime> flush_at_;  ///< when outcomes that nobody waits for are made durable
};

}  // namespace standin::engine
