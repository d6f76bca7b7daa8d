#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"

namespace standin::request_holder {

using base::Milliseconds;
using base::SteadyTime;

/// What a job may keep in hand at most.
struct HoldLimits {
    std::size_t connections = 4096;             ///< held at once
    std::uint64_t bytes = 64U << 20;            ///< of all held connections together
    std::uint64_t connection_bytes = 1U << 20;  ///< of one held connection
    Milliseconds age{120'000};                  ///< a connection older than this is closed visibly
    Milliseconds patience{1'000};               ///< how long one beyond `connections` may wait before it is refused
    std::size_t proxied = 8192;                 ///< connections proxied at once; more stay held
};

/// A held connection's place in the order of arrival: who came later has the greater number.
using ArrivalNumber = std::uint64_t;

/// The order of the held connections and what the limits say about them; knows nothing of sockets. Nothing is ever
/// reordered: the head is the earliest arrival that has not been removed.
class HoldQueue {
  public:
    explicit HoldQueue(const HoldLimits& limits) : limits_(limits) {}

    /// Precondition: not full().
    ArrivalNumber arrive(SteadyTime now);
    void remove(ArrivalNumber number);  ///< delivered, given up by its client, or over age; absent = nothing happens

    [[nodiscard]] bool full() const { return held_.size() >= limits_.connections; }
    [[nodiscard]] bool contains(ArrivalNumber number) const { return held_.count(number) != 0; }
    [[nodiscard]] std::optional<ArrivalNumber> head() const;

    /// How many more bytes of this connection may be taken in now; 0 = leave them with the sender (back-pressure).
    [[nodiscard]] std::uint64_t room(ArrivalNumber number) const;
    /// True if room() is 0 because of all held connections together, so that it grows when another one leaves.
    [[nodiscard]] bool crowded() const { return bytes_ >= limits_.bytes; }
    /// Precondition: `size` <= room(number).
    void takeIn(ArrivalNumber number, std::uint64_t size);

    /// Those held now were held while nobody could process them: the next is not delivered before such a one was
    /// answered. Those that arrive later are delivered in order without waiting for answers; otherwise clients that
    /// send their next request after the previous answer would keep the queue from ever becoming empty.
    void expectAnswers();
    [[nodiscard]] bool expectsAnswer(ArrivalNumber number) const { return number <= answers_expected_up_to_; }

    /// How long to wait for this connection's answer before the next is delivered: `longest`, or less where the
    /// connections behind it would otherwise go over age.
    [[nodiscard]] Milliseconds answerWait(ArrivalNumber number, SteadyTime now, Milliseconds longest) const;

    [[nodiscard]] std::vector<ArrivalNumber> overAge(SteadyTime now) const;  ///< in order of arrival
    [[nodiscard]] std::optional<SteadyTime> nextOverAge() const;             ///< when the head will be over age

    [[nodiscard]] std::size_t size() const { return held_.size(); }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] Milliseconds oldestAge(SteadyTime now) const;  ///< 0 if nothing is held

  private:
    struct Held {
        SteadyTime arrived;
        std::uint64_t bytes = 0;
    };

    const HoldLimits limits_;
    std::map<ArrivalNumber, Held> held_;
    std::uint64_t bytes_ = 0;
    ArrivalNumber last_arrival_ = 0;
    ArrivalNumber answers_expected_up_to_ = 0;
    std::size_t answers_expected_ = 0;  // of those in held_
};

}  // namespace standin::request_holder
