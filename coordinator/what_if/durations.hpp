#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::what_if {

/// How long a step is expected to take, and how that is known.
struct Expectation {
    enum class Basis {
        SameServer,    ///< median of this server's past runs
        OtherServers,  ///< median of all past runs
        Assumed        ///< never seen here: a stated default
    };
    double ms = 0;
    Basis basis = Basis::Assumed;
    unsigned runs = 0;
};

std::string_view nameOf(Expectation::Basis basis);

/// Durations of the steps that past operations have done.
class Durations {
  public:
    Durations() = default;
    explicit Durations(const std::vector<domain::Operation>& past);

    /// `{"<step>": {"<server>": [<ms>, …]}}`
    [[nodiscard]] nlohmann::json toJson() const;
    static base::Result<Durations> from(const nlohmann::json& json);

    /// Median of this server's runs, else of everybody's; nothing: it was never done.
    [[nodiscard]] std::optional<Expectation> of(domain::StepName step, const base::ServerName& server) const;

  private:
    std::map<domain::StepName, std::map<base::ServerName, std::vector<double>>> done_;
};

/// Where nothing is known. A lab's figures would be too good, so these are what ordinary hardware does.
double assumedMs(domain::StepName step);

/// Of an image to or from its store, where no restore was ever seen.
inline constexpr double assumed_mib_per_second = 100;

}  // namespace standin::what_if
