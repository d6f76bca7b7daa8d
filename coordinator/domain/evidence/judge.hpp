#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "coordinator/domain/evidence/evidence_policy.hpp"

namespace standin::domain {

/// What independent places have said about a server since its failure was reported. Unknown is a value of its own
/// everywhere: a place that could not be asked says neither that the server lives nor that it is silent (rule 6).
struct Evidence {
    enum class Job {
        Unknown,  ///< it could not be asked
        Answers,  ///< it has answered a question that was sent after the report
        Silent    ///< it was asked and has not answered within the silence window
    };
    enum class Carrier { Unknown, There, Lost };
    enum class Frames {
        Unknown,
        Seen,  ///< the server has sent at least one since the first reading
        None   ///< none within the silence window
    };
    enum class Power { Unknown, IsOn, IsOff };

    Job job = Job::Unknown;
    double job_answered_after_ms = 0;            ///< meaningful with Job::Answers
    std::chrono::milliseconds job_silent_for{};  ///< without an answer in between; meaningful with Job::Silent
    Carrier carrier = Carrier::Unknown;
    Frames frames = Frames::Unknown;
    Power power = Power::Unknown;
    std::string unknown;  ///< which places could not be asked and why; empty: none
};

/// What a report is judged by.
struct EvidenceRule {
    EvidencePolicy policy = EvidencePolicy::Silence;
    std::chrono::milliseconds silent_after{3000};
    bool suspected = false;    ///< evidence has refuted an earlier report a short time ago: a single sign suffices
    base::WallTime decide_by;  ///< what is undecided then stays so
};

struct Judgement {
    enum class Kind { Confirmed, Refuted, Undecided };
    Kind kind = Kind::Undecided;
    std::string by;  ///< the evidence, for people: `its port has lost its carrier`
    /// Undecided: when the same evidence leads to another judgement. Nullopt: only other evidence does.
    std::optional<base::WallTime> until;
};

/// Judges whether the server has failed as was reported. Pure.
///
/// A job that answers refutes every report, unless its port has lost its carrier, or the policy says that the report
/// suffices (rule 9). Whatever could not be asked counts for nothing (rule 6).
Judgement judge(const Evidence& evidence, const EvidenceRule& rule, base::WallTime now);

/// All that is known, for people: `port: carrier there, no frames; job: silent for 260 ms; power: on`.
std::string describe(const Evidence& evidence);

}  // namespace standin::domain
