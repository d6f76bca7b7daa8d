#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "agent/request_holder/data_path/hold_queue.hpp"
#include "agent/request_holder/data_path/tcp_socket.hpp"

namespace standin::request_holder {

/// How far something that was handed on has come.
enum class Progress {
    Delivered,  ///< all that was held has been sent to the job's machine
    Answered,   ///< the machine has begun its answer (an interim answer is none)
    Ended       ///< it takes no more of the machine: ended, lost, or back in its place
};

/// What has a place in the order of arrival: a connection on a port in `tcp` mode, one request on a port in `http`
/// mode.
class Held {
  public:
    Held() = default;
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    virtual ~Held() = default;

    /// True if it has a connection to the job's machine already, over which it may go.
    [[nodiscard]] virtual bool connected() const { return false; }

    /// True if all of it is there, so that a machine that works answers it.
    [[nodiscard]] virtual bool whole() const { return false; }

    /// Sends what is held over `job`, or over its own connection if `job` is null, and leaves its place. Returns 0, or
    /// an errno: then not one byte has left, it has kept its place, and it may be tried again.
    /// `tell` may be called before this returns; the same may be told twice.
    virtual int handOn(TcpSocketPtr job, std::function<void(Progress)> tell) = 0;

    /// Called after it was removed from the order: no machine could process it in time. Ends it visibly.
    virtual void endUnprocessed() = 0;

    ArrivalNumber number = 0;  ///< 0: it has no place
    std::uint16_t port = 0;    ///< the job's port that the client connected to
};
using HeldPtr = std::shared_ptr<Held>;

}  // namespace standin::request_holder
