#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace standin::domain {

/// What has to be known, beside the report of a failure, before a server is fenced.
enum class EvidencePolicy {
    Trap,     ///< nothing: the report suffices
    Silence,  ///< its job does not answer and its port is silent, or its port has lost its carrier, or its power is off
    Power,    ///< its power is off, or both its job and its port are silent
    Operator  ///< a person says so
};

inline constexpr EvidencePolicy all_evidence_policies[] = {EvidencePolicy::Trap, EvidencePolicy::Silence,
                                                           EvidencePolicy::Power, EvidencePolicy::Operator};

std::string_view nameOf(EvidencePolicy policy);
std::optional<EvidencePolicy> evidencePolicyFrom(std::string_view name);

/// How a reported failure of a server is verified. From the configuration (`evidence`).
struct EvidenceSettings {
    EvidencePolicy policy = EvidencePolicy::Silence;
    std::map<std::string, EvidencePolicy> of_kinds;  ///< by kind of failure; other kinds: `policy`
    /// Limits of the silence window, which is learned from the job's usual answer time. Below 10 ms the scheduling of a
    /// busy host looks like silence; 250 ms is longer than clients notice.
    std::chrono::milliseconds shortest_window{10};
    std::chrono::milliseconds longest_window{250};
    /// What is not decided by then needs a person. Within it a BMC, which takes seconds, has answered.
    std::chrono::milliseconds decide_within{15000};
    /// A job that is silent for so long is no longer a busy one.
    std::chrono::milliseconds silent_after{3000};
    /// For so long after evidence has refuted a report, a single further sign suffices.
    std::chrono::milliseconds suspicion{std::chrono::minutes(10)};

    [[nodiscard]] EvidencePolicy policyFor(const std::string& kind) const {
        const auto found = of_kinds.find(kind);
        return found == of_kinds.end() ? policy : found->second;
    }
};

}  // namespace standin::domain
