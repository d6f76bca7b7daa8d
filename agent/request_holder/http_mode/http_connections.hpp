#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <unordered_set>

#include "agent/base/log.hpp"
#include "agent/request_holder/data_path/relays.hpp"
#include "agent/request_holder/data_path/waiting_room.hpp"
#include "agent/request_holder/http_mode/http_limits.hpp"

namespace standin::request_holder::http_mode {

class HttpConnection;

/// A job's connections on ports in `http` mode. Used by one thread.
class HttpConnections {
  public:
    struct Tally {
        std::uint64_t answered = 0;    ///< requests whose answers were passed on completely
        std::uint64_t refused = 0;     ///< 503 because of a limit
        std::uint64_t malformed = 0;   ///< refused because of what they were
        std::uint64_t broken = 0;      ///< handed on, and lost before the answer was complete
        std::uint64_t sent_again = 0;  ///< safe requests that went back to their places
        std::uint64_t bytes_to_job = 0;
        std::uint64_t bytes_to_client = 0;
    };
    struct Parts {
        asio::io_context& context;
        WaitingRoom& room;
        Relays& relays;
        SharedBuffer& buffer;
    };

    HttpConnections(const Parts& parts, const HttpLimits& limits, const HoldLimits& hold_limits, base::Log log);
    ~HttpConnections();

    void admit(TcpSocketPtr client, std::uint16_t port);
    /// Holding begins: from now on the next request of each connection goes to another machine.
    void machineChanges();
    void suspectAll();           ///< see Relays::suspectAll()
    void moveOff(bool wanted);   ///< each answer ends its client's connection from now on
    void turnAway(bool wanted);  ///< nothing is released any more: requests get 503 from now on
    void abortAll();             ///< visibly

    [[nodiscard]] std::size_t size() const { return connections_.size(); }
    [[nodiscard]] std::size_t answering() const;              ///< requests handed on whose answers are not complete
    [[nodiscard]] std::size_t proxied() const;                ///< those that hold nothing
    [[nodiscard]] std::size_t busy() const { return jobs_; }  ///< with a connection to the machine
    [[nodiscard]] const Tally& tally() const { return tally_; }

  private:
    friend class HttpConnection;

    void watch();
    void forget(const std::shared_ptr<HttpConnection>& connection);

    const Parts parts_;
    const HttpLimits limits_;
    const HoldLimits hold_limits_;
    const base::Log log_;
    std::unordered_set<std::shared_ptr<HttpConnection>> connections_;
    asio::steady_timer timer_;
    bool watching_ = false;
    bool moving_off_ = false;
    bool turning_away_ = false;
    std::uint64_t machine_ = 1;
    std::size_t jobs_ = 0;
    Tally tally_;
};

}  // namespace standin::request_holder::http_mode
