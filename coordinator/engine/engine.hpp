#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/base/result.hpp"
#include "coordinator/domain/failure.hpp"
#include "coordinator/domain/restraint/freeze.hpp"
#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/event_hub.hpp"
#include "coordinator/engine/status_snapshot.hpp"

namespace standin::journal {
class Journal;
struct AuditPage;
}  // namespace standin::journal

namespace standin::engine {

class Executor;

/// An operation requested by an operator or the schedule.
struct OperationRequest {
    domain::OperationKind kind = domain::OperationKind::Prepare;
    base::ServerName server;
    base::ImageId image;   ///< refresh, backup: id of the new image; empty: `<server>-<time>`
    std::string asked_by;  ///< `operator ada`
    std::string cause;     ///< failover: why, for people
};

struct EngineSettings {
    std::chrono::milliseconds watch_every{10000};  ///< interval of the watch's rounds; 0: no watch
    std::size_t queue_limit = 65536;     ///< inputs waiting for the engine's thread; further reports are refused
    std::size_t keep_operations = 1000;  ///< ended operations kept in the journal and shown
    bool keep_records = true;            ///< of what decisions were based on, in the journal
    std::chrono::milliseconds answer_within{5000};  ///< how long a caller waits for the engine's thread
    std::function<void()> alive{};                  ///< called regularly by the engine's thread while it works
    std::chrono::milliseconds alive_every{0};       ///< how often; 0: never
};

/// What an engine works with. Everything referred to must outlive it.
struct EngineDependencies {
    Inventory inventory;
    Drivers drivers;
    journal::Journal& journal;
    Executor& executor;  ///< runs the steps
    base::Clock& clock;
    EventSink& events;
    base::Log log;
    EngineSettings settings{};
};

/// The core of the coordinator. One thread takes reports, requests, outcomes and timers from a bounded queue, calls
/// decide(), makes the intents durable and dispatches the steps. Every method may be called from any thread.
///
/// Requests are answered when they are durable. Refusals: NotFound (no such server, spare or operation), Conflict
/// (another operation or lease holds it; the message says which), WrongState, InvalidInput; Internal when the journal
/// cannot be written (then nothing was started).
class Engine {
  public:
    explicit Engine(EngineDependencies dependencies);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Reads the journal, takes a new epoch and continues open operations. Errors: the journal is corrupt or not
    /// writable.
    base::Result<void> start();
    /// Stops deciding. Running steps end on their own and are observed again at the next start. Idempotent.
    void stop();

    /// The result of a failure report.
    struct ReportOutcome {
        enum class Kind {
            Opened,   ///< a failover was begun
            Merged,   ///< a failover already handles the server; nothing was started
            Refused,  ///< nothing was started: `reason` says why, and the operator was notified
        };
        Kind kind = Kind::Refused;
        domain::OperationId operation = 0;  ///< for Opened and Merged
        std::string reason;
    };
    /// Queues a report without waiting. False: the queue is full (which is logged), and the report was not taken.
    /// `when_durable` (may be empty) is called on the engine's thread once the result is durable; never, if that fails.
    bool report(const domain::FailureReport& report, std::function<void()> when_durable = {});
    /// As report(), and waits for the result.
    base::Result<ReportOutcome> reportAndWait(const domain::FailureReport& report);
    /// The result that a report would have now (Opened without a number). Nothing is started, reported or counted.
    base::Result<ReportOutcome> foresee(const domain::FailureReport& report) const;

    /// Starts an operation and returns its id once that is durable. A failover requested by an operator is reported as
    /// a failure.
    base::Result<domain::OperationId> request(const OperationRequest& request);
    /// Retries a failover that needs the operator or has failed: failed steps are tried again.
    base::Result<void> retry(domain::OperationId id, const std::string& asked_by);
    /// Records that the operator has seen for themselves that the failed server is without power; it counts as the
    /// power fence.
    base::Result<void> confirmFence(domain::OperationId id, const std::string& asked_by);
    /// Takes a failover back until it has begun to give the segment: the stand-in is suspended again, and a port that
    /// was fenced gets the segment back. WrongState: it is too late for that, and the message says what to do instead.
    base::Result<void> cancel(domain::OperationId id, const std::string& asked_by);
    /// Freezes the site or ends that: as long as it is frozen, nothing that has not begun to give a segment begins
    /// another step. Durable.
    base::Result<void> freeze(bool on, const std::string& why, const std::string& asked_by);
    /// Lets the failovers through that the brake keeps back, of one rack or of the site. NotFound: no such rack.
    /// WrongState: none waits.
    base::Result<std::vector<domain::OperationId>> releaseBrake(const std::optional<std::string>& rack,
                                                                const std::string& asked_by);
    /// Closes a failover that is at rest: failed spares are given back and the stand-in is deleted. If its disk has
    /// writes of the job that no other disk has, the disk is kept until `discard_data` allows its deletion (also for a
    /// failover that is already closed). Conflict while the stand-in executes the job.
    base::Result<void> close(domain::OperationId id, const std::string& asked_by, bool discard_data = false);
    /// Returns a job to its repaired server by hand: the segment is given to the server again, after it was confirmed
    /// that its stand-in does not run and its spare is off. WrongState: the message says what has to be stopped first;
    /// or writes made elsewhere since would be lost, unless `discard_data` agrees to that. TimedOut: it is not known
    /// whether the server has the segment, and the attempt is repeated until it is known.
    base::Result<void> returned(const base::ServerName& server, const std::string& asked_by, bool discard_data = false);

    /// Sets the spare of a server (S101–S105); prepare has to be requested separately.
    base::Result<void> setSpare(const base::ServerName& server, const base::SpareName& spare,
                                const base::ImageId& image, const std::string& asked_by);
    /// Whether the spare can be restored from the image, as far as the image store knows now. Refused: the disk is too
    /// small, has other sectors, or is another disk than declared. A store that does not answer causes no refusal.
    [[nodiscard]] base::Result<void> spareFits(const base::SpareName& spare, const base::ImageId& image) const;
    /// Why a row's spare could not be restored from its image, as the watch last found; by server.
    [[nodiscard]] std::map<base::ServerName, std::string> unfitSpares() const;
    /// Sets the spare and starts the preparation, or does neither: a refusal of the preparation also refuses the row.
    base::Result<domain::OperationId> setSpareAndPrepare(const base::ServerName& server, const base::SpareName& spare,
                                                         const base::ImageId& image, const std::string& asked_by);
    /// Gives the spare back at once; the operation deletes the stand-in and removes both from the segment.
    base::Result<domain::OperationId> unsetSpare(const base::ServerName& server, const std::string& asked_by);
    // What these requests would answer now. Nothing is begun or changed.
    [[nodiscard]] base::Result<void> mayRequest(const OperationRequest& request) const;
    [[nodiscard]] base::Result<void> mayRetry(domain::OperationId id) const;
    [[nodiscard]] base::Result<void> mayCancel(domain::OperationId id) const;
    [[nodiscard]] base::Result<void> mayConfirmFence(domain::OperationId id) const;
    [[nodiscard]] base::Result<void> mayClose(domain::OperationId id, bool discard_data) const;
    [[nodiscard]] base::Result<void> mayReturn(const base::ServerName& server, bool discard_data) const;
    [[nodiscard]] base::Result<void> maySetSpare(const base::ServerName& server, const base::SpareName& spare,
                                                 const base::ImageId& image, bool prepare) const;
    [[nodiscard]] base::Result<void> mayUnsetSpare(const base::ServerName& server) const;

    base::Result<void> setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                      const std::string& asked_by);

    /// Asks every agent what it knows, and returns what an adoption would continue from. No command is given.
    [[nodiscard]] base::Result<AdoptionSnapshot> survey() const;
    /// Ends the observation: the findings that were shown under `mark` are written to the journal, and the coordinator
    /// starts to act. Servers about which something is unknown stay observed. Conflict: the findings differ by now.
    /// WrongState: there is nothing to adopt.
    base::Result<AdoptionSnapshot> adopt(const std::string& mark, const std::string& asked_by);
    [[nodiscard]] domain::Adoption adoption() const;
    [[nodiscard]] domain::Freeze frozen() const;

    [[nodiscard]] std::vector<ServerSnapshot> servers() const;
    [[nodiscard]] std::optional<ServerSnapshot> server(const base::ServerName& name) const;
    [[nodiscard]] std::vector<SpareSnapshot> spares() const;
    [[nodiscard]] std::vector<domain::SpareTableRow> spareTable() const;
    /// Newest first.
    [[nodiscard]] std::vector<domain::Operation> operations(std::size_t most = 100) const;
    [[nodiscard]] std::optional<domain::Operation> operation(domain::OperationId id) const;
    /// What the operation's decisions were based on, line by line (journal/record_json.hpp). NotFound: the record is
    /// not kept.
    [[nodiscard]] base::Result<std::vector<std::string>> record(domain::OperationId id) const;
    [[nodiscard]] std::vector<AgentSnapshot> agents() const;
    /// Newest first.
    [[nodiscard]] base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most = 100) const;
    /// The audit entries below an entry's number, with the marks of the chain.
    [[nodiscard]] base::Result<journal::AuditPage> auditPage(std::size_t most, std::uint64_t before) const;
    /// Adds entries to the audit about requests that did not reach the engine, for instance refused ones. They become
    /// durable soon. Unreachable: the engine accepts nothing.
    base::Result<void> keep(std::vector<domain::AuditEntry> entries);
    /// The images of all image stores that answer; if none does, the error of the first one.
    [[nodiscard]] base::Result<std::vector<protocol::Image>> images() const;
    /// The capacities of the VM hosts that answer, as they are now.
    [[nodiscard]] std::map<base::AgentName, protocol::Capacity> capacities() const;
    /// How much two images of one image store differ, according to their checksums. NotFound, Unreachable, TimedOut.
    [[nodiscard]] base::Result<protocol::ImageDifference> difference(const base::ImageId& one,
                                                                     const base::ImageId& other) const;
    /// Rows of the spare table and open operations that need the image, for people.
    [[nodiscard]] base::Result<std::vector<std::string>> usersOf(const base::ImageId& image) const;
    /// Deletes an image. Conflict: it is in use; nothing can start to use it meanwhile.
    base::Result<void> removeImage(const base::ImageId& image, const std::string& asked_by);
    /// Requests the image's store to read it again and compare it with its checksums; verification() returns the
    /// result.
    base::Result<protocol::ImageVerification> verifyImage(const base::ImageId& image, const std::string& asked_by);
    [[nodiscard]] base::Result<protocol::ImageVerification> verification(const base::ImageId& image) const;
    [[nodiscard]] std::uint64_t epoch() const;
    [[nodiscard]] const Inventory& inventory() const;
    /// Empty: the engine works. Otherwise why it does not, with the cure (the journal cannot be written).
    [[nodiscard]] std::string problem() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace standin::engine
