#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"
#include "agent/base/shared.hpp"
#include "coordinator/domain/event.hpp"
#include "coordinator/domain/job_writes.hpp"
#include "coordinator/domain/restart_claim.hpp"
#include "coordinator/domain/restraint/restraint.hpp"
#include "coordinator/domain/server.hpp"
#include "coordinator/domain/spare_table.hpp"
#include "coordinator/domain/step.hpp"

namespace standin::domain {

/// A message that is reported to the operator once and kept with the operation.
struct Note {
    enum class Level { Notice, Warning, Error };
    std::string topic;  ///< unique within the operation, e.g. `cold_path`
    Level level = Level::Notice;
    std::string sentence;
    std::string cure;  ///< what to do; empty if there is nothing to do
};

std::string_view nameOf(Note::Level level);
std::optional<Note::Level> noteLevelFrom(std::string_view name);

/// One change of state, as it is logged: `failover 17: 'TakingOver' -> 'GivingSegment' (fenced, and the stand-in
/// answers)`.
struct Change {
    State from{};
    State to{};
    Event event{};
    std::string why;
};

/// What a failover did before an operator retried it; its phases are shown beside those of the last attempt.
struct PastAttempt {
    base::WallTime began{};  ///< epoch: with the failure
    base::WallTime ended{};  ///< when it was retried
    std::map<std::string, double> phases_ms;
};

/// One prepare, refresh, backup or failover, from its request to its end. It is journaled as a whole; decide() reads
/// nothing else about the past.
struct Operation {
    OperationId id = 0;
    OperationKind kind = OperationKind::Failover;
    base::ServerName server;
    State state = State::Opened;
    std::string why;   ///< of the last change of state
    std::string cure;  ///< in NeedsOperator: what to do
    base::WallTime opened_at{};
    base::WallTime ended_at{};    ///< when it last reached a resting state; epoch before
    base::WallTime failure_at{};  ///< arrival of the trap or the request: durations count from here
    std::string asked_by;         ///< `operator ada`, `trap 127.77.0.101`
    std::string failure;          ///< failover: the kind that was reported
    std::string cause;
    double detect_ms = 0;               ///< from the trap's arrival until the first steps were durable and begun
    unsigned reports = 1;               ///< how many reports of this failure were merged
    std::vector<std::string> messages;  ///< of SNMPv3 that were merged here: none starts anything again; bounded
    base::WallTime new_owner_at{};      ///< when a stand-in or a spare was first confirmed as owner; epoch: not yet
    base::WallTime attempt_from{};      ///< of the last retry; epoch: there was none
    std::vector<PastAttempt> past_attempts;  ///< oldest first, bounded

    base::StandInName stand_in;      ///< in service when the operation began; empty: none is ready
    base::PortName stand_in_port;    ///< its switch port
    base::StandInName new_stand_in;  ///< prepare, refresh: the one being made
    base::PortName new_stand_in_port;
    base::ImageId image;                         ///< what is restored, or what the new stand-in is made from
    base::WallTime image_at{};                   ///< the time of the image's data; epoch: not known
    base::WallTime stand_in_image_at{};          ///< the time of the data that `stand_in` was made from
    base::ImageId previous_image;                ///< refresh: what `image` is compared with
    base::SpareName spare;                       ///< the one being prepared or executing the job
    std::vector<base::SpareName> failed_spares;  ///< tried and given up, in this order
    unsigned handovers = 0;                      ///< begun so far; bounded
    bool cold = false;                           ///< the stand-in cannot be used: the spare takes over alone
    bool confirmed = true;   ///< failover: the failure is, by evidence or by a person; before that nothing is fenced
    bool suspected = false;  ///< failover: evidence has refuted a report about this server a short time before
    bool verify_again =
        false;              ///< failover: what is known of the server is older than what was reported, or than a wait
    bool job_runs = false;  ///< the machine that was given the segment executes the job, as far as is known

    std::vector<HeldWrites> writes;  ///< failover: the machines that have, or may have, executed the job
    bool discard_data =
        false;  ///< closed with the consent to lose the stand-in's data; false: only a kept disk is deleted

    std::optional<RestartClaim> claim;  ///< capture: a failure was reported during its restart and has to be examined

    Restraint restraint;             ///< what keeps it from beginning anything now
    bool waits_for_release = false;  ///< the brake has stopped it: it waits for positive evidence or for a release
    BrakePass brake_pass;            ///< failover: it was let through the brake

    std::vector<Note> notes;
    std::vector<base::Shared<Step>> steps;  ///< in the order of their first start; copies of the operation share them

    [[nodiscard]] const Step* find(StepName name, std::string_view subject) const;
    [[nodiscard]] const Step* find(const StepId& step_id) const { return find(step_id.name, step_id.subject); }
    /// The step, for modification; a planned one is added if there is none. The reference must not be kept when the
    /// operation is copied.
    Step& at(const StepId& step_id);
};

/// An operator has it tried again: what was measured until now is kept apart.
void beginAttempt(Operation& operation, base::WallTime now);

/// A report is merged into the failover.
void addMessages(Operation& operation, const std::vector<std::string>& messages);

/// True for a state in which nothing more is done unless somebody asks: Succeeded, Failed, NeedsOperator, Cancelled,
/// Closed.
bool isResting(State state);

/// True for an operation that still holds its server: one that is not at rest, and a failover until it is
/// closed or cancelled.
bool isOpen(const Operation& operation);

}  // namespace standin::domain
