#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "agent/request_holder/data_path/tcp_socket.hpp"

namespace standin::request_holder {

/// The buffer through which all connections of one thread are read. 64 KiB is what the kernel returns at once on a busy
/// link.
using SharedBuffer = std::array<char, 64U << 10>;

/// Copies one client's connection to the job and back until it ends: bytes in order in both directions, an end of
/// stream as an end of stream (half-close), a reset as a reset. Bytes that one side cannot take stay with the other
/// side: at most one shared buffer's content waits here per direction.
class Relay : public std::enable_shared_from_this<Relay> {
  public:
    struct Events {
        std::function<void()> delivered;  ///< all bytes given at the start were sent to the job's machine
        std::function<void()> answered;   ///< the job has sent its first byte, or has ended after the client
        std::function<void()> broken;  ///< the job's side was lost, or closed before the client's, without any answer
        std::function<void(Relay&)> ended;  ///< both sides are closed; the last call
    };

    /// What the client did before the relay started.
    struct Beginning {
        std::string pending;        ///< sent to the job before anything that is read from the client
        std::string to_client{};    ///< sent to the client before anything that is read from the job
        bool client_ended = false;  ///< the client's end of stream follows directly
        bool asked = false;         ///< the client has sent something, whether or not all of it has reached the job
    };

    Relay(TcpSocketPtr client, TcpSocketPtr job, Beginning beginning, SharedBuffer& buffer, Events events);

    void start();
    void reset();  ///< closes both sides visibly
    /// Another machine may have the job's address now: asks soon whether the connection still exists.
    void suspectJob();

    /// True, as far as bytes show, if the client sent last, or the job sent so recently that it may continue.
    [[nodiscard]] bool unanswered(std::chrono::steady_clock::time_point now) const;
    [[nodiscard]] std::uint64_t bytesToJob() const { return to_job_.carried; }
    [[nodiscard]] std::uint64_t bytesToClient() const { return to_client_.carried; }

  private:
    struct Side {
        TcpSocketPtr socket;
        bool broken = false;  // a write failed: what was received before may still be read, then comes the reset
    };
    struct Flow {
        Side& source;
        Side& sink;
        std::string waiting{};  // read but not yet taken by the sink
        std::size_t taken = 0;  // of `waiting`
        bool source_ended = false;
        bool ended = false;
        std::uint64_t carried = 0;
    };

    void pump(Flow& flow);
    bool pumpOnce(Flow& flow);  // false: waits for an event or has ended
    bool flush(Flow& flow);
    bool fill(Flow& flow);
    void waitReadable(Flow& flow);
    void waitWritable(Flow& flow);
    void watchForReset(Flow& flow);
    void endOfStream(Flow& flow);
    void sourceLost(Flow& flow);
    void sinkLost(Flow& flow);
    void resetWhenAllSent(Side& side);
    void noteDelivered();
    void noteAnswered();
    void noteJobLost();
    void finishIfClosed();

    SharedBuffer& buffer_;
    Events events_;
    Side client_;
    Side job_;
    Flow to_job_;
    Flow to_client_;
    bool client_spoke_last_;
    std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();  // of either side
    bool delivered_ = false;
    bool answered_ = false;
    bool finished_ = false;
};

}  // namespace standin::request_holder
