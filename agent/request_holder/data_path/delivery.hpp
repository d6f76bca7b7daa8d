#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <unordered_set>

#include "agent/request_holder/data_path/relay.hpp"
#include "agent/request_holder/data_path/waiting_room.hpp"

namespace standin::request_holder {

// How it works, and why so.
//
// The promise is that no request which the holder accepted is lost, delivered twice or overtaken (rule 3). Three
// decisions follow from it.
//
// One connection at a time, in the order of arrival. With two deliveries under way a slow connect would let the second
// client's request overtake the first one's. What is lost in speed is bounded by a connect over the back leg, some
// hundred microseconds.
//
// The next connection waits for the first answer to the one before if that was held while no machine could process it:
// only the answer proves that the job took the request rather than the kernel's listen queue. The wait is bounded,
// because a request without an answer (a subscription) must not stop the queue.
//
// Before the first byte is sent, a failure costs nothing: the connection stays at the head and is tried again, against
// the same machine or, after a handover that was given up, against the stand-in. From the first byte on, nothing is
// sent again: the machine may have processed it. The client sees a closed connection, which is the one honest answer.
//
// After delivery a Relay copies bytes in both directions and keeps no state but its buffers. It ends with the
// connection.

/// How held connections are delivered to the job's machine.
struct DeliverySettings {
    in_addr job_address{};
    Milliseconds answer_wait{
        2'000};  ///< how long the next connection waits at most for the first answer to the previous one
    Milliseconds connect_deadline{1'000};  ///< after this an attempt is given up and repeated
    Milliseconds first_retry{10};          ///< doubled up to longest_retry while the machine refuses or does not answer
    Milliseconds longest_retry{200};
    std::size_t proxied = 8192;  ///< further connections stay held
};

/// Takes held connections out of the waiting room in order of arrival, connects to the job's address over the back leg,
/// sends the held bytes and leaves the rest to a Relay. One connection at a time: the next one's bytes are delivered
/// only after the previous one's, and, if that one was held while no machine could process it, after its first answer
/// (or a bounded wait). A connection that was not delivered because the machine refused or disappeared stays at the
/// head and is tried again. Nothing is sent a second time once its first byte may have reached the machine.
class Delivery {
  public:
    struct Events {
        std::function<void()> neighbour_suspect;  ///< the address may now belong to another machine: forget its MAC
    };
    struct Tally {
        std::uint64_t delivered = 0;  ///< connections delivered
        std::uint64_t broken = 0;     ///< delivered, then lost before the job had answered anything
        std::uint64_t attempts_failed = 0;
        std::uint64_t bytes_to_job = 0;
        std::uint64_t bytes_to_client = 0;
    };

    Delivery(asio::io_context& context, const DeliverySettings& settings, WaitingRoom& room, SharedBuffer& buffer,
             Events events);

    void start();     ///< delivers from now on; idempotent
    void pause();     ///< undelivered connections stay held, in order; proxied ones continue; idempotent
    void proceed();   ///< a connection was added or removed: check for work
    void resetAll();  ///< closes all proxied connections visibly

    [[nodiscard]] bool busy() const { return running_ && step_ != Step::Waiting; }
    [[nodiscard]] std::size_t proxied() const { return relays_.size(); }
    [[nodiscard]] std::size_t unanswered() const;  ///< of these
    [[nodiscard]] const Tally& tally() const { return tally_; }
    [[nodiscard]] const std::string& lastProblem() const { return last_problem_; }
    void resetTally() { tally_ = {}; }

  private:
    enum class Step { Waiting, Connecting, Answering, Retrying };

    void connectHead();
    void connected(std::uint64_t attempt, int problem);
    void handOn(HeldConnection& held);
    void failed(int problem);
    void settled(std::uint64_t attempt);  // the last delivered connection is complete and, where required, answered
    void after(Milliseconds wait, std::function<void()> then);
    void enter(Step step);

    asio::io_context& context_;
    const DeliverySettings settings_;
    WaitingRoom& room_;
    SharedBuffer& buffer_;
    Events events_;
    asio::steady_timer timer_;
    bool running_ = false;
    Step step_ = Step::Waiting;
    std::uint64_t attempt_ = 0;  // events of an earlier attempt are ignored
    HeldConnectionPtr head_;
    TcpSocketPtr job_;
    Milliseconds retry_{0};
    std::unordered_set<std::shared_ptr<Relay>> relays_;
    Tally tally_;
    std::string last_problem_;
};

}  // namespace standin::request_holder
