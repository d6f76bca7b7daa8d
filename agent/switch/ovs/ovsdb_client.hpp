#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "agent/protocol/json_fields.hpp"
#include "agent/switch/ovs/unix_socket.hpp"

namespace standin::lan_switch {

/// A client of ovsdb-server (RFC 7047) over one persistent connection to its unix socket: transactions, and one monitor
/// that is renewed with the connection. It reconnects by itself, and it answers and sends echoes, so that a hanging
/// server is detected.
class OvsdbClient {
  public:
    using Json = protocol::Json;

    /// The monitor's updates. All three are called on the client's own thread, in the order of the server's messages.
    /// An update caused by a transaction of this client arrives before transact() returns.
    struct Listener {
        std::function<void(const Json& tables)> on_snapshot;  ///< everything, after each (re)connection
        std::function<void(const Json& tables)> on_update;    ///< `<table-updates>` of RFC 7047 4.1.6
        std::function<void()> on_lost;  ///< the connection broke; the replica is out of date from now on
    };

    /// `monitor`: `<monitor-requests>` of RFC 7047 4.1.5, table -> columns.
    OvsdbClient(std::string socket_path, std::string database, Json monitor, Listener listener, base::Log log);
    ~OvsdbClient();
    OvsdbClient(const OvsdbClient&) = delete;
    OvsdbClient& operator=(const OvsdbClient&) = delete;

    void start();
    void stop();

    /// Runs `operations` as one transaction and returns the array of their results. Unreachable: nothing was sent.
    /// TimedOut: no answer, it may have happened. Conflict: a `wait` operation found something else. Refused: any other
    /// error of the database.
    base::Result<Json> transact(Json operations, std::chrono::milliseconds deadline);

    /// Sends a transaction without waiting for its outcome.
    void post(Json operations);

    [[nodiscard]] bool connected() const;

  private:
    struct Call {
        bool done = false;
        bool lost = false;
        Json answer;
    };

    void run(const std::stop_token& stop);
    void serve();
    bool handle(const std::string& message);
    void answerCall(const Json& message);
    void loseConnection();
    base::Result<void> sendLine(const Json& message);
    base::Result<Json> call(const std::string& method, Json params, std::chrono::milliseconds deadline);

    const std::string socket_path_;
    const std::string database_;
    const Json monitor_;
    const Listener listener_;
    const base::Log log_;

    mutable std::mutex mutex_;  ///< guards everything below but `reader_`
    std::condition_variable changed_;
    UnixSocket socket_;
    bool ready_ = false;  ///< connected, and the monitor is on
    std::uint64_t next_id_ = 1;
    std::map<std::uint64_t, std::shared_ptr<Call>> calls_;

    base::Worker reader_;
};

}  // namespace standin::lan_switch
