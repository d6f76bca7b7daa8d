#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "agent/request_holder/data_path/waiting_room.hpp"

namespace standin::request_holder {

class HeldConnection;

/// The connections of ports in `tcp` mode that are held: the bytes that arrive are read within the limits, and a client
/// that resets its connection loses its place. Used by one thread.
class HeldConnections {
  public:
    HeldConnections(asio::io_context& context, WaitingRoom& room, Relays& relays, SharedBuffer& buffer);

    /// Precondition: the room is not full.
    void admit(TcpSocketPtr client, std::uint16_t port);
    /// Room was made: those that were not read from because of the limit on all held bytes are read again.
    void readCrowdedOut();

  private:
    friend class HeldConnection;
    using Connection = std::shared_ptr<HeldConnection>;

    void read(const Connection& held);
    void waitReadable(const Connection& held);
    void watchForReset(const Connection& held);
    void giveUp(HeldConnection& held);

    asio::io_context& context_;
    WaitingRoom& room_;
    Relays& relays_;
    SharedBuffer& buffer_;
    std::set<Connection> crowded_out_;
    bool wake_posted_ = false;
};

/// A client's connection without an answer yet.
class HeldConnection final : public Held, public std::enable_shared_from_this<HeldConnection> {
  public:
    HeldConnection(HeldConnections& owner, TcpSocketPtr client, std::uint16_t to);

    int handOn(TcpSocketPtr job, std::function<void(Progress)> tell) override;
    void endUnprocessed() override;

  private:
    friend class HeldConnections;
    void forget();

    HeldConnections& owner_;
    TcpSocketPtr client_;        // null after it left
    std::string bytes_;          // what the client has sent so far
    bool client_ended_ = false;  // the client's end of stream follows `bytes_`
    bool watched_ = false;       // for a reset by the client
};

}  // namespace standin::request_holder
