#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "agent/request_holder/data_path/tcp_socket.hpp"
#include "agent/request_holder/network/network_namespace.hpp"

namespace standin::request_holder {

/// Accepts a job's new connections on the front leg, per port in the order in which they were established.
class FrontListener {
  public:
    using Accepted = std::function<void(TcpSocketPtr, std::uint16_t port, in_addr client)>;

    FrontListener(asio::io_context& context, Accepted accepted);

    /// Listens at all ports or at none; the sockets are created in `space`. Idempotent.
    Result<void> open(const NetworkNamespace& space, in_addr address, const std::vector<std::uint16_t>& ports,
                      int backlog);

    /// Accepts the connections that are already established, then stops listening; idempotent.
    void close();
    void acceptEstablished();  ///< accepts everything that waits in the kernel now, also while paused

    void pause();  ///< new connections wait in the kernel, which keeps their order
    void resume();
    [[nodiscard]] bool paused() const { return paused_; }
    [[nodiscard]] bool listening() const { return !listeners_.empty(); }
    [[nodiscard]] std::uint64_t acceptFailures() const { return accept_failures_; }

  private:
    struct Listener {
        Listener(asio::io_context& context, int descriptor, std::uint16_t at) : socket(context, descriptor), port(at) {}
        TcpSocket socket;
        std::uint16_t port;
        bool waiting = false;
    };

    void wait(const std::shared_ptr<Listener>& listener);
    void acceptSome(const std::shared_ptr<Listener>& listener);
    void restWhileExhausted();
    void take(const Listener& listener, base::FileDescriptor socket, in_addr client);
    [[nodiscard]] bool spares(const base::FileDescriptor& socket) const;

    asio::io_context& context_;
    Accepted accepted_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    bool paused_ = false;
    int highest_descriptor_ = 0;  // greater ones are for the API and for releasing
    asio::steady_timer exhausted_;
    std::uint64_t accept_failures_ = 0;
};

}  // namespace standin::request_holder
