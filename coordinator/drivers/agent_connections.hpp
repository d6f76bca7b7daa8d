#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/base/identifier.hpp"
#include "agent/base/worker.hpp"
#include "agent/http/tls.hpp"
#include "agent/protocol/command_order.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::drivers {

/// One client for each agent, with connections that are kept open: a TLS handshake during a takeover would take longer
/// than the takeover's steps.
class AgentConnections {
  public:
    static base::Result<std::unique_ptr<AgentConnections>> open(const std::map<base::AgentName, std::string>& urls,
                                                                const http::TlsContext& tls);
    ~AgentConnections();
    AgentConnections(const AgentConnections&) = delete;
    AgentConnections& operator=(const AgentConnections&) = delete;

    /// Opens connections now and keeps them in use.
    void start();
    /// Idempotent.
    void stop();
    /// Ends all waiting for agents' answers, permanently.
    void breakOff() const;

    /// Precondition: the agent is one of those opened.
    [[nodiscard]] std::shared_ptr<protocol::AgentClient> client(const base::AgentName& name) const;

    /// `GET /v1/health`; a 503 with its checks is an answer, too.
    base::Result<protocol::Health> health(const base::AgentName& name, Deadline deadline) const;

    /// `PUT /v1/epoch`. StaleEpoch: a newer coordinator has commanded this agent.
    base::Result<std::uint64_t> epoch(const base::AgentName& name, Deadline deadline) const;
    base::Result<void> claim(const base::AgentName& name, const protocol::Leader& as, Deadline deadline) const;

  private:
    AgentConnections() = default;
    void keepWarm(const std::stop_token& stop) const;
    void warmAll() const;

    std::map<base::AgentName, std::shared_ptr<protocol::AgentClient>> clients_;
    base::Worker worker_;
};

}  // namespace standin::drivers
