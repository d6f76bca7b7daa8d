#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/survey.hpp"

namespace standin::engine {

/// A coordinator with a new journal asks the agents what they know, shows it, and goes on from it once an operator has
/// agreed. Until then it observes only.
class AdoptionProcess {
  public:
    using Answer = std::function<void(const base::Result<AdoptionSnapshot>&)>;

    explicit AdoptionProcess(EngineState& state) : state_(state) {}

    /// What the journal held.
    void restore(domain::Adoption adoption) { adoption_ = std::move(adoption); }
    [[nodiscard]] const domain::Adoption& adoption() const { return adoption_; }
    [[nodiscard]] bool observes(const base::ServerName& server) const { return adoption_.observes(server); }
    /// The first failure of each server that is only observed is kept until an operator has seen it: after the adoption
    /// it starts nothing by itself.
    void noteFailure(const domain::FailureReport& report);

    /// Begins to ask every agent what it knows; `answer` gets what follows from that. `claims`: every agent obeys this
    /// coordinator before it is asked.
    void survey(Answer answer, bool claims = false);
    /// Asks them once more; if they say what they said when `mark` was shown, that is adopted, and `answer` given once
    /// it is durable.
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
    Survey survey_;                ///< under way, while an agent is awaited
    domain::SiteFinding finding_;  ///< of the last one
    std::uint64_t findings_ = 0;   ///< so many that differed: marks what was shown
};

}  // namespace standin::engine
