#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "agent/base/name_map.hpp"
#include "agent/protocol/command_order.hpp"
#include "coordinator/engine/status_snapshot.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::engine {

/// The state that the outer layers see: copies that the engine's thread posts once they are durable. Readers never
/// block the engine.
class StatusBoard {
  public:
    void post(const domain::SpareTable& table);
    void post(base::NameMap<base::ServerName, domain::Placement> placements);
    void post(base::NameMap<base::ServerName, journal::Maintenance> maintenance);
    void post(base::Shared<domain::Operation> operation);
    /// Posts what was made durable. The cost depends on the changes only, not on the size of the state.
    void post(journal::Entry entry);
    void forget(domain::OperationId id);
    /// Posts the operations that wait for their turns. An operation is shown with its position, which is not durable.
    void post(std::vector<RestoreQueue> queues);
    void postCaptures(std::vector<RestoreQueue> queues);
    void post(AgentSnapshot agent);
    void post(const base::ServerName& server, JobHealth job);
    /// Posts the identity of a server's or a spare's machine; no two have the same name.
    void post(const std::string& machine, MachineIdentity identity);
    void forgetJob(const base::ServerName& server);
    void setLeader(protocol::Leader leader);
    void setAdoption(domain::Adoption adoption);
    void setFreeze(domain::Freeze freeze);
    void setProblem(std::string problem);
    void setUnfitSpares(std::map<base::ServerName, std::string> problems);

    [[nodiscard]] ServerSnapshot server(const domain::Server& server) const;
    [[nodiscard]] std::optional<domain::Lease> lease(const base::SpareName& spare) const;
    [[nodiscard]] std::vector<domain::SpareTableRow> rows() const;
    [[nodiscard]] std::vector<domain::Operation> operations(std::size_t most) const;
    [[nodiscard]] std::optional<domain::Operation> operation(domain::OperationId id) const;
    [[nodiscard]] std::vector<AgentSnapshot> agents() const;
    /// Nullopt: the agent was never asked.
    [[nodiscard]] std::optional<AgentSnapshot> agent(const base::AgentName& name) const;
    [[nodiscard]] std::uint64_t epoch() const { return leader().epoch; }
    /// NotDeclared also for a machine that was not asked yet.
    [[nodiscard]] MachineIdentity identity(const std::string& machine) const;
    /// The epoch and instance by which agents know this coordinator.
    [[nodiscard]] protocol::Leader leader() const;
    [[nodiscard]] domain::Adoption adoption() const;
    [[nodiscard]] domain::Freeze freeze() const;
    /// As the watch last found it; nullopt: the job is not probed.
    [[nodiscard]] std::optional<JobHealth> job(const base::ServerName& server) const;
    [[nodiscard]] std::string problem() const;
    [[nodiscard]] std::map<base::ServerName, std::string> unfitSpares() const;

  private:
    [[nodiscard]] std::optional<std::size_t> before(const std::vector<RestoreQueue>& queues,
                                                    domain::OperationId id) const;
    [[nodiscard]] domain::Operation shown(const domain::Operation& operation) const;

    mutable std::mutex mutex_;
    base::NameMap<base::ServerName, domain::SpareTableRow> rows_;
    base::NameMap<base::SpareName, domain::Lease> leases_;
    base::NameMap<base::ServerName, domain::Placement> placements_;
    base::NameMap<base::ServerName, journal::Maintenance> maintenance_;
    base::NameMap<base::ServerName, JobHealth> jobs_;
    std::map<domain::OperationId, base::Shared<domain::Operation>> operations_;
    base::NameMap<base::ServerName, std::set<domain::OperationId>> open_;
    std::vector<RestoreQueue> restore_queues_;
    std::vector<RestoreQueue> capture_queues_;
    std::map<base::AgentName, AgentSnapshot> agents_;
    std::map<std::string, MachineIdentity> identities_;
    protocol::Leader leader_;
    domain::Adoption adoption_;
    domain::Freeze freeze_;
    std::string problem_;
    std::map<base::ServerName, std::string> unfit_spares_;
};

}  // namespace standin::engine
