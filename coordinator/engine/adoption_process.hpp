#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/survey.hpp"

namespace standin::engine {

/// Adoption of a site by a coordinator with a new journal. It asks the agents what they know, shows the result, and
/// continues from it once an operator has agreed. Until then it only observes.
class AdoptionProcess {
  public:
    using Answer = std::function<void(const base::Result<AdoptionSnapshot>&)>;

    explicit AdoptionProcess(EngineState& state) : state_(state) {}

    /// Restores what the journal held.
    void restore(domain::Adoption adoption) { adoption_ = std::move(adoption); }
    [[nodiscard]] const domain::Adoption& adoption() const { return adoption_; }
    [[nodiscard]] bool observes(const base::ServerName& server) const { return adoption_.observes(server); }
    /// Keeps the first failure of each server that is only observed, until an operator has seen it. The failure starts
    /// nothing by itself after the adoption.
    void noteFailure(const domain::FailureReport& report);

    /// Starts asking every agent what it knows; `answer` gets the result. `claims`: every agent has to obey this
    /// coordinator before it is asked.
    void survey(Answer answer, bool claims = false);
    /// Asks the agents once more. If they report what they reported when `mark` was shown, the result is adopted, and
    /// `answer` is called once it is durable.
    void begin(const std::string& mark, const std::string& asked_by, Answer answer);

  private:
    void take(std::uint64_t number, const base::AgentName& agent, AgentFinding said);
    [[nodiscard]] AdoptionSnapshot snapshot() const;
    [[nodiscard]] base::Result<void> mayAdopt(const std::string& mark) const;
    void end(const std::string& mark, const std::string& asked_by, const Answer& answer);
    base::Result<AdoptionSnapshot> adopt(const std::string& mark, const std::string& asked_by);
    void adopt(const base::ServerName& server, const domain::FoundServer& found);
    void notifyReported(const base::ServerName& server, const domain::Placement& found);
    void keep();

    struct Survey {
        std::uint64_t number = 0;
        bool claims = false;
        std::set<base::AgentName> awaited;
        std::map<base::AgentName, AgentFinding> said;
        std::vector<std::function<void()>> then;
    };

    EngineState& state_;
    domain::Adoption adoption_;
    Survey survey_;                ///< active while an agent's answer is awaited
    domain::SiteFinding finding_;  ///< of the last survey
    std::uint64_t findings_ = 0;   ///< number of different findings so far: marks what was shown
};

}  // namespace standin::engine
