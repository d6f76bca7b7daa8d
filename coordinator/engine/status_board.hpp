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

/// What the outer layers see: copies that the engine's thread posts after it made them durable. Readers never hold the
/// engine up.
class StatusBoard {
  public:
    void post(const domain::SpareTable& table);
    void post(base::NameMap<base::ServerName, domain::Placement> placements);
    void post(base::NameMap<base::ServerName, journal::Maintenance> maintenance);
    void post(base::Shared<domain::Operation> operation);
    /// What was made durable: its changes, and nothing else, however much there is.
    void post(journal::Entry entry);
    void forget(domain::OperationId id);
    /// Who waits for a restore: an operation is shown with its place, which is not durable.
    void post(std::vector<RestoreQueue> queues);
    void postCaptures(std::vector<RestoreQueue> queues);
    void post(AgentSnapshot agent);
    void post(const base::ServerName& server, JobHealth job);
    /// Of a server or a spare; no two have one name.
    void post(const std::string& machine, MachineIdentity identity);
    void forgetJob(const base::ServerName& server);
    void setLeader(protocol::Leader leader);
    void setAdoption(domain::Adoption adoption);
    void setProblem(std::string problem);
    void setUnfitSpares(std::map<base::ServerName, std::string> problems);

    [[nodiscard]] ServerSnapshot server(const domain::Server& server) const;
    [[nodiscard]] std::optional<domain::Lease> lease(const base::SpareName& spare) const;
    [[nodiscard]] std::vector<domain::SpareTableRow> rows() const;
    [[nodiscard]] std::vector<domain::Operation> operations(std::size_t most) const;
    [[nodiscard]] std::optional<domain::Operation> operation(domain::OperationId id) const;
    [[nodiscard]] std::vector<AgentSnapshot> agents() const;
    /// Nothing: it was never looked at.
    [[nodiscard]] std::optional<AgentSnapshot> agent(const base::AgentName& name) const;
    [[nodiscard]] std::uint64_t epoch() const { return leader().epoch; }
    /// NotDeclared also of a machine that was not asked about yet.
    [[nodiscard]] MachineIdentity identity(const std::string& machine) const;
    /// This coordinator, as agents know it.
    [[nodiscard]] protocol::Leader leader() const;
    [[nodiscard]] domain::Adoption adoption() const;
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
    std::string problem_;
    std::map<base::ServerName, std::string> unfit_spares_;
};

}  // namespace standin::engine
