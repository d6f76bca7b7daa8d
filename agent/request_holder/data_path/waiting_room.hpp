#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "agent/request_holder/data_path/hold_queue.hpp"
#include "agent/request_holder/data_path/relay.hpp"
#include "agent/request_holder/data_path/tcp_socket.hpp"

namespace standin::request_holder {

/// A client's connection without an answer yet.
struct HeldConnection {
    ArrivalNumber number = 0;
    std::uint16_t port = 0;     ///< the job's port that the client connected to
    TcpSocketPtr client;        ///< null after it was taken
    std::string bytes;          ///< what the client has sent so far
    bool client_ended = false;  ///< the client's end of stream follows `bytes`
    bool watched = false;       ///< for a reset by the client
};
using HeldConnectionPtr = std::shared_ptr<HeldConnection>;

/// Keeps clients' connections with the bytes that arrived, in order of arrival, within the limits of a HoldQueue. Used
/// by one thread.
class WaitingRoom {
  public:
    struct Events {
        std::function<void()> grew;    ///< a connection was added
        std::function<void()> shrank;  ///< one was removed: there may be a new head, and room for another
    };
    struct Losses {
        std::uint64_t over_age = 0;  ///< closed visibly by the holder
        std::uint64_t given_up = 0;  ///< reset by the client itself
    };

    WaitingRoom(asio::io_context& context, const HoldLimits& limits, SharedBuffer& buffer, Events events);

    /// Precondition: not full().
    void admit(TcpSocketPtr client);
    [[nodiscard]] bool full() const { return queue_.full(); }

    /// The earliest arrival that is still held; null if there is none.
    [[nodiscard]] HeldConnectionPtr head() const;
    [[nodiscard]] bool holds(const HeldConnection& held) const {
        return held.client != nullptr && queue_.contains(held.number);
    }
    /// Removes the connection, with its socket and bytes; it is no longer read from.
    void take(HeldConnection& held);

    void closeOverAge(SteadyTime now);
    void closeAll();  ///< visibly

    [[nodiscard]] HoldQueue& queue() { return queue_; }
    [[nodiscard]] const HoldQueue& queue() const { return queue_; }
    [[nodiscard]] const Losses& losses() const { return losses_; }
    void resetLosses() { losses_ = {}; }

  private:
    void read(const HeldConnectionPtr& held);
    void waitReadable(const HeldConnectionPtr& held);
    void watchForReset(const HeldConnectionPtr& held);
    void leave(HeldConnection& held);
    void close(HeldConnection& held);
    void wakeCrowdedOut();

    asio::io_context& context_;
    HoldQueue queue_;
    SharedBuffer& buffer_;
    Events events_;
    std::unordered_map<ArrivalNumber, HeldConnectionPtr> connections_;
    std::set<ArrivalNumber> crowded_out_;  // not read from because of the limit on all held bytes
    bool wake_posted_ = false;
    Losses losses_;
};

}  // namespace standin::request_holder
