#pragma once

#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/domain/spare_table.hpp"

/// Admission: which operations and requests may begin. Each function is pure. It takes facts and returns a refusal,
/// whose message names the remedy, or success.
namespace standin::domain {

/// A job that is being brought back to its server.
struct ReturnUnderWay {
    std::string asked_by;
    std::string problem;   ///< of the last attempt; empty: none
    bool gave_up = false;  ///< until an operator asks again
};

/// What is known about a server. A null pointer means that there is no such thing.
struct ServerFacts {
    base::ServerName name;
    const Server* server = nullptr;  ///< null: it is not configured
    const SpareTableRow* row = nullptr;
    Placement placement;
    const Operation* open = nullptr;      ///< the newest operation that holds the server
    const Operation* failover = nullptr;  ///< the newest failover that is not closed
    std::optional<ReturnUnderWay> returning;
    std::string observed;  ///< why the server is only observed; empty: it is not
    std::string held_off;  ///< why reports start nothing after a cancelled failover; empty: they do
};

/// The executor of the job, for messages: `stand-in 'server01-3'`, `nobody`.
std::string executorOf(const Placement& placement);

/// The refusal for a server that an open operation holds; it says how to end that operation.
base::Error notClosed(const Operation& operation);

struct OperationFacts {
    OperationKind kind{};
    CaptureWay capture_way = CaptureWay::Restart;
    std::string rack_failover;          ///< of another server in the rack; empty: none
    const Lease* host_lease = nullptr;  ///< of the spare that is the machine of the server's VM host
};
/// Whether a prepare, refresh or backup may begin. The server's row of the spare table is not checked here.
base::Result<void> mayBegin(const ServerFacts& facts, const OperationFacts& asked);
base::Result<void> mayPrepare(const ServerFacts& facts, const OperationFacts& asked);

struct ReportFacts {
    bool by_operator = false;
    bool in_maintenance = false;
    std::string maintenance;  ///< why
    std::string restart;      ///< restartSentence() of the capture that restarts the server; empty: none does
};
/// Why a failure report starts nothing, for a server that no failover holds. Empty: the report starts a failover.
std::string reportRefusal(const ServerFacts& facts, const ReportFacts& reported);
/// Why the failure is not handled although `facts.failover` holds the server. Empty: that failover handles it.
std::string unhandled(const ServerFacts& facts);
/// Why a failure report is ignored during a capture's restart. While the server shuts down and boots, its BMC, chassis
/// and operating system report power, fan and watchdog events and a hanging system; none of these is a failure.
std::string restartSentence(const Operation& capture, const Server& server);

base::Result<void> mayRetry(const ServerFacts& facts, const Operation& operation);
base::Result<void> mayConfirmFence(const ServerFacts& facts, const Operation& operation);
/// A failover may be closed only if its stand-in and its failed spares, which are deleted or given back, do not execute
/// the job.
base::Result<void> mayClose(const ServerFacts& facts, const Operation& operation);
/// Whether the kept disk of a closed failover's stand-in may be deleted.
base::Result<void> mayDiscardKept(const ServerFacts& facts, const Operation& closed);

struct ReturnFacts {
    const Operation* capture = nullptr;  ///< wants the server off, or has it off
    bool retires_holder = false;         ///< `ServerFacts::failover` still orders the segment for its spare
    bool discard_data = false;           ///< what was written elsewhere may be lost
};
/// Whether a job may be returned to its server. WrongState: writes would be lost (rule 10).
base::Result<void> mayReturn(const ServerFacts& facts, const ReturnFacts& asked);
base::Result<void> notBeingReturned(const ServerFacts& facts);

struct SpareFacts {
    base::SpareName name;
    const Spare* spare = nullptr;  ///< null: it is not configured
    base::ImageId image;
    bool image_being_removed = false;
    std::string carried;  ///< the stand-in that the spare carries as a VM host; empty: none
};
base::Result<void> maySetSpare(const ServerFacts& facts, const SpareFacts& asked);
bool isSet(const ServerFacts& facts, const SpareFacts& asked);
base::Result<void> mayUnset(const ServerFacts& facts, const SpareTable& table);

}  // namespace standin::domain
