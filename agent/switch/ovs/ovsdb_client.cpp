#include "agent/switch/ovs/ovsdb_client.hpp"

#include <utility>

#include "agent/base/boundary.hpp"
#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "agent/switch/ovs/json_framer.hpp"

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t message_limit_bytes = 16U << 20;  // the snapshot of a switch of 10,000 ports is about 5 MB
constexpr std::size_t call_limit = 64;                  // one per HTTP thread
constexpr milliseconds reconnect_pause{200};
constexpr milliseconds quiet_limit{
    3'000};  // then we ask whether the server still lives; silence for as long again means no

constexpr const char* monitor_id = "monitor";
constexpr const char* echo_id = "echo";
constexpr const char* posted_id = "posted";

bool isMonitorReply(const protocol::Json& message) {
    return message.contains("id") && message["id"] == monitor_id;
}

// The first error among a transaction's results; results after it are null and do not count (RFC 7047 4.1.3).
base::Result<protocol::Json> checkResults(protocol::Json results) {
    for (const auto& result : results) {
        if (!result.is_object() || !result.contains("error")) continue;
        const std::string error =
            result["error"].is_string() ? result["error"].get<std::string>() : protocol::jsonText(result["error"]);
        const std::string details = result.contains("details") ? protocol::jsonText(result["details"]) : std::string();
        if (error == "timed out")
            return failure(ErrorCode::Conflict, "the switch's database was changed by another program meanwhile");
        return failure(ErrorCode::Refused, "ovsdb-server refused the transaction: " + error + " " + details);
    }
    return results;
}

protocol::Json transaction(const std::string& database, protocol::Json operations) {
    protocol::Json params = protocol::Json::array({database});
    for (auto& operation : operations) params.push_back(std::move(operation));
    return params;
}

}  // namespace

OvsdbClient::OvsdbClient(std::string socket_path, std::string database, Json monitor, Listener listener, base::Log log)
    : socket_path_(std::move(socket_path)),
      database_(std::move(database)),
      monitor_(std::move(monitor)),
      listener_(std::move(listener)),
      log_(std::move(log)) {}

OvsdbClient::~OvsdbClient() {
    stop();
}

void OvsdbClient::start() {
    reader_.start("ovsdb", [this](const auto& stop) { run(stop); });
}

void OvsdbClient::stop() {
    {
        std::lock_guard lock(mutex_);
        reader_.requestStop();
        socket_.shutdown();
    }
    reader_.stop();
}

bool OvsdbClient::connected() const {
    std::lock_guard lock(mutex_);
    return ready_;
}

void OvsdbClient::run(const std::stop_token& stop) {
    bool reported = false;
    for (;;) {
        auto socket = UnixSocket::connect(socket_path_);
        if (socket) {
            {
                std::lock_guard lock(mutex_);
                if (stop.stop_requested()) return;
                socket_ = std::move(*socket);
            }
            reported = false;
            const auto served = base::contained([this] { serve(); });
            if (!served) log_.error("the connection to ovsdb-server is made again: {}", served.error().message);
            loseConnection();
        } else if (!reported) {
            log_.warning("{}; trying again every {} ms", socket.error().message, reconnect_pause.count());
            reported = true;
        }
        if (!base::rest(stop, reconnect_pause)) return;
    }
}

// Only this thread reads the socket and replaces it, so reading needs no lock.
void OvsdbClient::serve() {
    JsonFramer framer(message_limit_bytes);
    if (!sendLine({{"method", "monitor"}, {"params", {database_, nullptr, monitor_}}, {"id", monitor_id}})) return;
    bool asked = false;
    for (;;) {
        std::string bytes;
        auto received = socket_.receive(bytes, std::chrono::steady_clock::now() + quiet_limit);
        if (!received) {
            if (received.error().code != ErrorCode::TimedOut) return;
            if (asked) {
                log_.warning("ovsdb-server at '{}' has not answered an echo for {} ms; connecting again", socket_path_,
                             quiet_limit.count());
                return;
            }
            asked = true;
            if (!sendLine({{"method", "echo"}, {"params", Json::array()}, {"id", echo_id}})) return;
            continue;
        }
        asked = false;
        framer.feed(bytes);
        while (auto message = framer.next()) {
            if (!handle(*message)) return;
        }
        if (framer.broken()) {
            log_.error("ovsdb-server at '{}' sent what is no JSON-RPC message of at most {} bytes", socket_path_,
                       message_limit_bytes);
            return;
        }
    }
}

bool OvsdbClient::handle(const std::string& text) {
    const Json message = Json::parse(base::validText(text), nullptr, false);
    if (message.is_discarded() || !message.is_object()) {
        log_.error("ovsdb-server at '{}' sent malformed JSON", socket_path_);
        return false;
    }
    const std::string method =
        message.contains("method") && message["method"].is_string() ? message["method"].get<std::string>() : "";
    if (method == "echo")
        return sendLine({{"id", message.value("id", Json())},
                         {"result", message.value("params", Json::array())},
                         {"error", nullptr}})
            .has_value();
    if (method == "update") {
        const Json& params = message.contains("params") ? message["params"] : Json();
        if (params.is_array() && params.size() == 2) listener_.on_update(params[1]);
        return true;
    }
    if (isMonitorReply(message)) {
        if (!message.contains("result") || !message["result"].is_object()) {
            log_.error("ovsdb-server at '{}' does not let the database '{}' be monitored: {}", socket_path_, database_,
                       protocol::jsonText(message.value("error", Json())));
            return false;
        }
        {
            std::lock_guard lock(mutex_);
            ready_ = true;  // before the listener is called, since it may want to transact at once
        }
        listener_.on_snapshot(message["result"]);
        return true;
    }
    answerCall(message);
    return true;
}

void OvsdbClient::answerCall(const Json& message) {
    if (!message.contains("id") || !message["id"].is_number_unsigned()) return;
    std::lock_guard lock(mutex_);
    const auto found = calls_.find(message["id"].get<std::uint64_t>());
    if (found == calls_.end()) return;  // its caller has given up
    found->second->answer = message;
    found->second->done = true;
    changed_.notify_all();
}

void OvsdbClient::loseConnection() {
    bool was_ready = false;
    {
        std::lock_guard lock(mutex_);
        was_ready = std::exchange(ready_, false);
        socket_.close();
        for (auto& [id, call] : calls_) call->lost = true;
        changed_.notify_all();
        if (reader_.isStopping()) return;
    }
    if (was_ready) {
        log_.warning("lost the connection to ovsdb-server at '{}'", socket_path_);
        listener_.on_lost();
    }
}

base::Result<void> OvsdbClient::sendLine(const Json& message) {
    const std::string text = protocol::jsonText(message);
    std::lock_guard lock(mutex_);
    if (!socket_.open()) return failure(ErrorCode::Unreachable, "not connected");
    auto sent = socket_.send(text);
    if (!sent) socket_.shutdown();  // half a message may be out: wakes the reader, which connects again
    return sent;
}

base::Result<protocol::Json> OvsdbClient::call(const std::string& method, Json params, milliseconds deadline) {
    auto call = std::make_shared<Call>();
    std::uint64_t id = 0;
    {
        std::lock_guard lock(mutex_);
        if (!ready_) {
            return failure(ErrorCode::Unreachable,
                           "ovsdb-server does not answer at '" + socket_path_ + "'; is it running?");
        }
        if (calls_.size() >= call_limit)
            return failure(ErrorCode::Refused, "too many calls to ovsdb-server wait for their answers");
        id = next_id_++;
        calls_.emplace(id, call);
    }
    auto sent = sendLine({{"method", method}, {"params", std::move(params)}, {"id", id}});
    std::unique_lock lock(mutex_);
    if (sent) changed_.wait_for(lock, deadline, [&] { return call->done || call->lost; });
    calls_.erase(id);
    if (!sent) return failure(sent.error());
    if (call->done) return std::move(call->answer);
    return failure(ErrorCode::TimedOut,
                   call->lost ? "the connection to ovsdb-server broke before it answered"
                              : "ovsdb-server did not answer within " + std::to_string(deadline.count()) + " ms");
}

void OvsdbClient::post(Json operations) {
    auto sent = sendLine(
        {{"method", "transact"}, {"params", transaction(database_, std::move(operations))}, {"id", posted_id}});
    if (!sent) log_.debug("could not send a transaction that nobody waits for: {}", sent.error().message);
}

base::Result<protocol::Json> OvsdbClient::transact(Json operations, milliseconds deadline) {
    auto answer = call("transact", transaction(database_, std::move(operations)), deadline);
    if (!answer) return answer;
    if (answer->contains("error") && !(*answer)["error"].is_null()) {
        return failure(ErrorCode::Refused,
                       "ovsdb-server refused the request: " + protocol::jsonText((*answer)["error"]));
    }
    if (!answer->contains("result") || !(*answer)["result"].is_array()) {
        return failure(ErrorCode::Corrupt, "ovsdb-server's answer has no array of results");
    }
    return checkResults(std::move((*answer)["result"]));
}

}  // namespace standin::lan_switch
