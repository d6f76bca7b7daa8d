#include "coordinator/drivers/agent_connections.hpp"

#include <chrono>
#include <future>
#include <vector>

#include "agent/base/boundary.hpp"
#include "agent/http/address_book.hpp"
#include "agent/protocol/agent_client.hpp"
#include "agent/protocol/json_fields.hpp"

namespace standin::drivers {

namespace {

// A failover talks to an agent with at most two commands at once; more failovers open what they need.
constexpr int connections_kept = 2;
// Agents close a connection that is idle for 300 s.
constexpr std::chrono::seconds warm_every{60};
constexpr std::chrono::seconds warm_deadline{3};

}  // namespace

base::Result<std::unique_ptr<AgentConnections>> AgentConnections::open(
    const std::map<base::AgentName, std::string>& urls, const http::TlsContext& tls) {
    std::unique_ptr<AgentConnections> connections(new AgentConnections);
    // Names are looked up aside, again and again as connections are kept warm: no command waits for a name server.
    const auto book = std::make_shared<http::AddressBook>();
    for (const auto& [name, url] : urls) {
        auto client = protocol::AgentClient::open(name.text(), url, tls, book);
        if (!client) return base::failure(client.error());
        connections->clients_[name] = std::move(*client);
    }
    return connections;
}

AgentConnections::~AgentConnections() {
    stop();
}

void AgentConnections::start() {
    worker_.start("connections", [this](const auto& stop) { keepWarm(stop); });
}

void AgentConnections::stop() {
    worker_.requestStop();
    breakOff();
    worker_.stop();
}

void AgentConnections::breakOff() const {
    for (const auto& [name, client] : clients_) client->breakOff();
}

std::shared_ptr<protocol::AgentClient> AgentConnections::client(const base::AgentName& name) const {
    auto found = clients_.find(name);
    STANDIN_ASSERT(found != clients_.end());
    return found->second;
}

base::Result<protocol::Health> AgentConnections::health(const base::AgentName& name, Deadline deadline) const {
    auto found = clients_.find(name);
    if (found == clients_.end())
        return base::failure(base::ErrorCode::NotFound, "there is no agent '" + name.text() + "'");
    auto answer = found->second->ask("/v1/health", deadline);
    if (!answer) return base::failure(answer.error());
    if (answer->status != 200 && answer->status != 503) {
        return base::failure(
            protocol::errorFrom(answer->body, "answered its health with status " + std::to_string(answer->status))
                .within("agent '" + name.text() + "'"));
    }
    return protocol::healthFrom(answer->body);
}

base::Result<void> AgentConnections::claim(const base::AgentName& name, const protocol::Leader& as,
                                           Deadline deadline) const {
    auto found = clients_.find(name);
    if (found == clients_.end())
        return base::failure(base::ErrorCode::NotFound, "there is no agent '" + name.text() + "'");
    auto claimed =
        found->second->put("/v1/epoch", protocol::Json::object(), {as.epoch, "epoch", 0, as.instance}, deadline);
    if (!claimed) return base::failure(claimed.error());
    return {};
}

base::Result<std::uint64_t> AgentConnections::epoch(const base::AgentName& name, Deadline deadline) const {
    auto found = clients_.find(name);
    if (found == clients_.end())
        return base::failure(base::ErrorCode::NotFound, "there is no agent '" + name.text() + "'");
    auto answer = found->second->get("/v1/epoch", deadline);
    if (!answer) return base::failure(answer.error());
    protocol::JsonFields fields(*answer, "epoch", protocol::JsonFields::Unknown::Skip);
    return fields.finish(std::uint64_t{fields.count("epoch")});
}

void AgentConnections::keepWarm(const std::stop_token& stop) const {
    do {
        static_cast<void>(base::contained([this] { warmAll(); }));  // the next command makes its own connection
    } while (base::rest(stop, warm_every));
}

// A connection stays warm by being used, and only questions that are asked at the same time use different ones.
void AgentConnections::warmAll() const {
    std::vector<std::future<void>> asking;
    for (const auto& [name, client] : clients_) {
        for (int i = 0; i < connections_kept; ++i) {
            asking.push_back(std::async(std::launch::async, [client = client] {
                // Whether it is well is the watch's to find out.
                [[maybe_unused]] auto answer = client->ask("/v1/health", warm_deadline);
            }));
        }
    }
}

}  // namespace standin::drivers
