#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "agent/request_holder/data_path/hold_queue.hpp"
#include "agent/request_holder/data_path/tcp_socket.hpp"

namespace standin::request_holder {

/// Connections beyond the limit of what may be held: each waits as long as its own patience for a place, in order,
/// without being read. Used by one thread.
class Porch {
  public:
    /// Behind these the kernel keeps some more.
    static constexpr std::size_t most = 1024;

    using Admit = std::function<void(TcpSocketPtr client, std::uint16_t port)>;

    explicit Porch(Milliseconds patience) : patience_(patience) {}

    void add(TcpSocketPtr client, std::uint16_t port, SteadyTime now) {
        waiting_.push_back({std::move(client), port, now + patience_});
    }
    /// Lets them in as long as there is room.
    void admit(const std::function<bool()>& room, const Admit& admit) {
        while (!waiting_.empty() && room()) {
            auto first = std::move(waiting_.front());
            waiting_.pop_front();
            admit(std::move(first.client), first.port);
        }
    }
    /// Resets those whose patience has ended and returns how many.
    std::size_t refuse(SteadyTime now) {
        std::size_t refused = 0;
        for (; !waiting_.empty() && waiting_.front().until <= now; ++refused) {
            tcp::reset(*waiting_.front().client);
            waiting_.pop_front();
        }
        return refused;
    }
    std::size_t refuseAll() { return refuse(SteadyTime::max()); }

    [[nodiscard]] std::optional<SteadyTime> nextRefusal() const {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.front().until;
    }
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] bool full() const { return waiting_.size() >= most; }

  private:
    struct Waiting {
        TcpSocketPtr client;
        std::uint16_t port;
        SteadyTime until;
    };

    const Milliseconds patience_;
    std::deque<Waiting> waiting_;
};

}  // namespace standin::request_holder
