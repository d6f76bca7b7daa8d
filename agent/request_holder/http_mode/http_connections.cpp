#include "agent/request_holder/http_mode/http_connections.hpp"

#include <algorithm>
#include <vector>

#include "agent/request_holder/http_mode/http_connection.hpp"

namespace standin::request_holder::http_mode {

namespace {

// Time limits are looked after so often: nothing here is more exact than a second.
constexpr std::chrono::milliseconds looked_after_every{250};
// Connections beyond the limit that still get an answer; the next ones are reset.
constexpr std::size_t turned_away_at_once = 256;

}  // namespace

HttpConnections::HttpConnections(const Parts& parts, const HttpLimits& limits, const HoldLimits& hold_limits,
                                 base::Log log)
    : parts_(parts), limits_(limits), hold_limits_(hold_limits), log_(std::move(log)), timer_(parts.context) {}

HttpConnections::~HttpConnections() = default;

void HttpConnections::admit(TcpSocketPtr client, std::uint16_t port) {
    const auto most = hold_limits_.connections + hold_limits_.proxied;
    if (connections_.size() >= most + turned_away_at_once) {
        ++tally_.refused;
        tcp::reset(*client);
        return;
    }
    const auto made = std::make_shared<HttpConnection>(*this, std::move(client), port);
    const bool full = connections_.size() >= most;
    connections_.insert(made);
    watch();
    if (full) {
        ++tally_.refused;
        made->answerItself(503, "too many connections");
    } else {
        made->start();
    }
}

void HttpConnections::machineChanges() {
    ++machine_;
    for (const auto& each : std::vector(connections_.begin(), connections_.end())) each->machineChanges();
}

void HttpConnections::suspectAll() {
    for (const auto& each : connections_) each->suspectJob();
}

void HttpConnections::moveOff(bool wanted) {
    moving_off_ = wanted;
}

void HttpConnections::turnAway(bool wanted) {
    turning_away_ = wanted;
}

void HttpConnections::abortAll() {
    for (const auto& each : std::vector(connections_.begin(), connections_.end())) each->abort();
}

std::size_t HttpConnections::answering() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(), [](const auto& each) { return each->answering(); }));
}

std::size_t HttpConnections::proxied() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(), [](const auto& each) { return !each->waits(); }));
}

void HttpConnections::watch() {
    if (std::exchange(watching_, true)) return;
    timer_.expires_after(looked_after_every);
    timer_.async_wait([this](const auto& error) {
        watching_ = false;
        if (error) return;
        const auto now = std::chrono::steady_clock::now();
        for (const auto& each : std::vector(connections_.begin(), connections_.end())) each->checkTime(now);
        if (!connections_.empty()) watch();
    });
}

void HttpConnections::forget(const std::shared_ptr<HttpConnection>& connection) {
    connections_.erase(connection);
}

}  // namespace standin::request_holder::http_mode
