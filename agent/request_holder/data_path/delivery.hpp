#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <string>

#include "agent/request_holder/data_path/pace.hpp"
#include "agent/request_holder/data_path/waiting_room.hpp"

namespace standin::request_holder {

// How it works, and why so.
//
// The promise is that no request which the holder accepted is lost, delivered twice or overtaken (rule 3). Three
// decisions follow from it.
//
// Connecting is done beside each other, sending one after the other. The first of what is held are connected to the
// machine at once, so a release does not cost a round trip each. Their bytes are sent strictly in the order of arrival:
// one whose connection is ready waits for those before it.
//
// How many of what was held may be under way at once is the pace's decision (pace.hpp): only an answer proves that the
// job took a request rather than the kernel's listen queue. What arrives while releasing queues behind, and is sent in
// order without waiting for answers; otherwise clients that send their next request after each answer would keep the
// queue from ever becoming empty.
//
// Before the first byte is sent, a failure costs nothing: what is held keeps its place and is tried again, against
// the same machine or, after a handover that was given up, against the stand-in. From the first byte on, nothing is
// sent again: the machine may have processed it. (An http request that is safe by its method is the exception.)
//
// A connection attempt is repeated before the kernel would send its SYN again, which it does after a second: one lost
// packet would cost all clients that second.

/// How what is held is delivered to the job's machine.
struct DeliverySettings {
    in_addr job_address{};
    PaceSettings pace;
    Milliseconds first_connect_wait{100};    ///< then the attempt is begun again, with twice the wait
    Milliseconds longest_connect_wait{400};  ///< after a wait as long as this the machine counts as absent
    Milliseconds first_retry{10};  ///< doubled up to longest_retry while the machine refuses or does not answer
    Milliseconds longest_retry{200};
    std::size_t connecting = 128;  ///< connected at once and not yet delivered
};

/// Takes what is held in order of arrival, connects to the job's address over the back leg and hands it on. What was
/// not delivered because the machine refused or disappeared keeps its place and is tried again.
class Delivery {
  public:
    struct Events {
        std::function<void()> neighbour_suspect;  ///< the address may now belong to another machine: forget its MAC
        std::function<std::size_t()> room;        ///< how many more may be proxied; when it grows: proceed()
    };
    struct Tally {
        std::uint64_t delivered = 0;
        std::uint64_t attempts_failed = 0;
        ArrivalNumber last_delivered = 0;
    };

    Delivery(asio::io_context& context, const DeliverySettings& settings, WaitingRoom& room, Events events);

    void start();    ///< delivers from now on; idempotent
    void pause();    ///< what was not delivered stays held, in order; idempotent
    void proceed();  ///< something was added or removed: check for work

    [[nodiscard]] bool running() const { return running_; }
    [[nodiscard]] const Tally& tally() const { return tally_; }
    [[nodiscard]] const Pace& pace() const { return pace_; }
    [[nodiscard]] std::string problem() const;

  private:
    struct Attempt {
        HeldPtr held;
        TcpSocketPtr job;      // null: goes over its own connection
        bool expects = false;  // the pace admitted it
        bool ready = false;
        SteadyTime ready_at{};
        SteadyTime until{};  // of this connect
        Milliseconds wait{0};
    };
    using AttemptPtr = std::shared_ptr<Attempt>;

    void prepare(SteadyTime now);
    [[nodiscard]] bool mayPrepare(const Held& held, SteadyTime now) const;
    bool connect(const AttemptPtr& attempt, SteadyTime now);
    void connected(const AttemptPtr& attempt, int problem);
    void handOnReady(SteadyTime now);
    bool handOn(const AttemptPtr& attempt, SteadyTime now);
    void progressed(ArrivalNumber number, Progress progress);
    void failed(int problem);
    void drop(Attempt& attempt);
    void dropAttempts();
    bool again(const AttemptPtr& attempt, SteadyTime now);
    void overdue();
    void setTimer();

    asio::io_context& context_;
    const DeliverySettings settings_;
    WaitingRoom& room_;
    Events events_;
    asio::steady_timer timer_;
    SteadyTime timer_at_{};
    Pace pace_;
    bool running_ = false;
    bool working_ = false;             // in proceed(): what it calls may call it
    std::uint64_t generation_ = 0;     // of the machine; what earlier ones report is ignored
    std::deque<AttemptPtr> attempts_;  // in order of arrival
    std::size_t expecting_ = 0;        // of these, those that the pace has to admit
    SteadyTime retry_at_{};            // no attempts before
    Milliseconds retry_{0};
    Tally tally_;
    std::string last_problem_;
};

}  // namespace standin::request_holder
