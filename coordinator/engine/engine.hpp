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
#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/event_hub.hpp"
#include "coordinator/engine/status_snapshot.hpp"

namespace standin::journal {
class Journal;
struct AuditPage;
}  // namespace standin::journal

namespace standin::engine {

class Executor;

/// What an operator (or the schedule) asks for.
struct OperationRequest {
    domain::OperationKind kind = domain::OperationKind::Prepare;
    base::ServerName server;
    base::ImageId image;   ///< refresh, backup: the id for the new image; empty: `<server>-<time>` is chosen
    std::string asked_by;  ///< `operator ada`
    std::string cause;     ///< failover: why, for people
};

struct EngineSettings {
    std::chrono::milliseconds watch_every{10000};  ///< agents' health and the stand-ins' truth; 0: no watch
    std::size_t queue_limit = 65536;     ///< events waiting for the engine's thread; a report beyond is refused
    std::size_t keep_operations = 1000;  ///< ended operations kept in the journal and shown
    bool keep_records = true;            ///< of what decisions were made from, with the journal
    std::chrono::milliseconds answer_within{5000};  ///< how long a caller waits for the engine's thread
    std::function<void()> alive{};                  ///< called by the engine's thread as long as it goes round
    std::chrono::milliseconds alive_every{0};       ///< so often; 0: never
};

/// The heart of the coordinator: one thread that takes reports, requests, outcomes and timers from a bounded queue,
/// asks decide(), makes the intent durable and has the steps carried out. Every method may be called from any thread.
///
/// Requests are answered when they are durable. Refusals: NotFound (no such server, spare, operation), Conflict
/// (another operation or lease holds it; the sentence says which), WrongState, InvalidInput; Internal when the journal
/// cannot be written (then nothing was begun).
class Engine {
  public:
    /// Everything outlives the engine. `executor` carries steps, `events` and `log` receive what happens.
    Engine(Inventory inventory, Drivers drivers, journal::Journal& journal, Executor& executor, base::Clock& clock,
           EventSink& events, base::Log log, EngineSettings settings = {});
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Opens the journal's state, takes a new epoch, goes on with what was begun. Errors: the journal is corrupt or not
    /// writable.
    base::Result<void> start();
    /// Stops deciding; steps that run end on their own and are observed again at the next start. Idempotent.
    void stop();

    /// What came of a failure report.
    struct ReportOutcome {
        enum class Kind {
            Opened,   ///< a failover was begun
            Merged,   ///< the server is being handled already; nothing was started
            Refused,  ///< nothing was started: `reason` says why, and the operator was notified
        };
        Kind kind = Kind::Refused;
        domain::OperationId operation = 0;  ///< with Opened and Merged
        std::string reason;
    };
    /// Takes a report to the engine without waiting. False: the queue is full (the log says so), nothing was taken.
    /// `when_durable` (may be empty) is called on the engine's thread once what comes of it is; never, if that fails.
    bool report(const domain::FailureReport& report, std::function<void()> when_durable = {});
    /// As report(), and waits for what comes of it.
    base::Result<ReportOutcome> reportAndWait(const domain::FailureReport& report);
    /// What would come of a report now (Opened without a number). Nothing is started, reported or counted.
    base::Result<ReportOutcome> foresee(const domain::FailureReport& report) const;

    /// Begins an operation and returns its id once that is durable. A failover asked for by hand is reported as a
    /// failure.
    base::Result<domain::OperationId> request(const OperationRequest& request);
    /// Goes on with a failover that needs the operator or has failed: what had failed is tried again.
    base::Result<void> retry(domain::OperationId id, const std::string& asked_by);
    /// The operator says with own eyes that the failed server is without power; counts as the power fence.
    base::Result<void> confirmFence(domain::OperationId id, const std::string& asked_by);
    /// Ends a failover that is at rest: spares that failed are given back, the stand-in is deleted; where its disk has
    /// writes of the job that are nowhere else, that is kept until `discard_data` says that it need not be (also of a
    /// failover that is closed). Conflict while the stand-in executes the job.
    base::Result<void> close(domain::OperationId id, const std::string& asked_by, bool discard_data = false);
    /// The operator has repaired the server and brings its job back by hand: the segment is given to the server again,
    /// after it was confirmed that its stand-in does not run and its spare is off. WrongState otherwise, with what has
    /// to be stopped first. TimedOut: whether it has the segment is not known, and is tried again until it is.
    /// WrongState, too, where that would lose what was written elsewhere since, unless `discard_data` agrees to it.
    base::Result<void> returned(const base::ServerName& server, const std::string& asked_by, bool discard_data = false);

    /// S101–S105; prepare has to be requested separately.
    base::Result<void> setSpare(const base::ServerName& server, const base::SpareName& spare,
                                const base::ImageId& image, const std::string& asked_by);
    /// Whether the spare could be restored from the image, as far as the image store knows now. Refused: it is too
    /// small, has other sectors, or is another disk than declared. A store that does not answer refuses nothing.
    [[nodiscard]] base::Result<void> spareFits(const base::SpareName& spare, const base::ImageId& image) const;
    /// Why a row's spare could not be restored from its image, as the watch found it last; by server.
    [[nodiscard]] std::map<base::ServerName, std::string> unfitSpares() const;
    /// Both or nothing: what would refuse the preparation refuses the row, too.
    base::Result<domain::OperationId> setSpareAndPrepare(const base::ServerName& server, const base::SpareName& spare,
                                                         const base::ImageId& image, const std::string& asked_by);
    /// The spare is given back at once; the operation deletes the stand-in and takes both out of the segment.
    base::Result<domain::OperationId> unsetSpare(const base::ServerName& server, const std::string& asked_by);
    base::Result<void> setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                      const std::string& asked_by);

    /// Asks every agent what it knows, and shows what an adoption would go on from. Nothing is commanded.
    [[nodiscard]] base::Result<AdoptionSnapshot> survey() const;
    /// Ends the observation: what was found, and shown under `mark`, becomes what the journal says, and acting begins.
    /// Servers of which something is not known stay observed. Conflict: something else is found by now; WrongState:
    /// there is nothing to adopt.
    base::Result<AdoptionSnapshot> adopt(const std::string& mark, const std::string& asked_by);
    [[nodiscard]] domain::Adoption adoption() const;

    [[nodiscard]] std::vector<ServerSnapshot> servers() const;
    [[nodiscard]] std::optional<ServerSnapshot> server(const base::ServerName& name) const;
    [[nodiscard]] std::vector<SpareSnapshot> spares() const;
    [[nodiscard]] std::vector<domain::SpareTableRow> spareTable() const;
    /// Newest first.
    [[nodiscard]] std::vector<domain::Operation> operations(std::size_t most = 100) const;
    [[nodiscard]] std::optional<domain::Operation> operation(domain::OperationId id) const;
    /// What the operation's decisions were made from, line by line (journal/record_json.hpp). NotFound: it is not kept.
    [[nodiscard]] base::Result<std::vector<std::string>> record(domain::OperationId id) const;
    [[nodiscard]] std::vector<AgentSnapshot> agents() const;
    /// Newest first.
    [[nodiscard]] base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most = 100) const;
    /// The same from below an entry's number on, with the marks of the chain.
    [[nodiscard]] base::Result<journal::AuditPage> auditPage(std::size_t most, std::uint64_t before) const;
    /// Puts something into the audit that nobody asked the engine for: who was refused before. It becomes durable soon.
    /// Unreachable: the engine takes nothing.
    base::Result<void> keep(std::vector<domain::AuditEntry> entries);
    /// The images of every image store that answers; the error of the first that doesn't when none does.
    [[nodiscard]] base::Result<std::vector<protocol::Image>> images() const;
    /// Of the VM hosts that answer, as they are now.
    [[nodiscard]] std::map<base::AgentName, protocol::Capacity> capacities() const;
    /// How much two images of one image store differ, by their checksums. NotFound, Unreachable, TimedOut.
    [[nodiscard]] base::Result<protocol::ImageDifference> difference(const base::ImageId& one,
                                                                     const base::ImageId& other) const;
    /// Rows of the spare table and open operations that need the image, for people.
    [[nodiscard]] base::Result<std::vector<std::string>> usersOf(const base::ImageId& image) const;
    /// Deletes an image. Conflict: somebody uses it; nobody can begin to meanwhile.
    base::Result<void> removeImage(const base::ImageId& image, const std::string& asked_by);
    /// Has the image's store read it again and compare it with its checksums; verification() returns the result.
    base::Result<protocol::ImageVerification> verifyImage(const base::ImageId& image, const std::string& asked_by);
    [[nodiscard]] base::Result<protocol::ImageVerification> verification(const base::ImageId& image) const;
    [[nodiscard]] std::uint64_t epoch() const;
    [[nodiscard]] const Inventory& inventory() const;
    /// Empty: the engine acts. Otherwise why it does not, with the cure (the journal cannot be written).
    [[nodiscard]] std::string problem() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace standin::engine
