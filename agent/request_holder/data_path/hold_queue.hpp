#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"

namespace standin::request_holder {

using base::Milliseconds;
using base::SteadyTime;

/// Limits of what a job may hold.
struct HoldLimits {
    std::size_t connections = 4096;             ///< held at once
    std::uint64_t bytes = 64U << 20;            ///< of all held connections together
    std::uint64_t connection_bytes = 1U << 20;  ///< of one held connection
    Milliseconds age{120'000};                  ///< a connection older than this is closed visibly
    Milliseconds patience{1'000};        ///< how long a connection beyond `connections` may wait before it is refused
    std::size_t client_connections = 0;  ///< open at once from one client's address; 0: no limit
    std::size_t proxied = 8192;          ///< connections proxied at once; more stay held
};

/// A held connection's position in the order of arrival; later arrivals have greater numbers.
using ArrivalNumber = std::uint64_t;

/// The order of the held connections, and the limits; without any I/O. Connections are never reordered: the head is the
/// earliest arrival that has not been removed.
class HoldQueue {
  public:
    explicit HoldQueue(const HoldLimits& limits) : limits_(limits) {}

    /// Precondition: not full().
    ArrivalNumber arrive(SteadyTime now);
    /// Back in its place before, also beyond the limit: it had this place already. Precondition: it is not held.
    void arriveAgain(ArrivalNumber number, SteadyTime arrived);
    void remove(ArrivalNumber number);  ///< delivered, given up by its client, or over age; absent: no effect

    [[nodiscard]] bool full() const { return held_.size() >= limits_.connections; }
    [[nodiscard]] bool contains(ArrivalNumber number) const { return held_.count(number) != 0; }
    [[nodiscard]] std::optional<ArrivalNumber> head() const;
    [[nodiscard]] std::optional<ArrivalNumber> next(ArrivalNumber number) const;  ///< the first one after `number`
    [[nodiscard]] ArrivalNumber lastArrival() const { return last_arrival_; }

    /// How many more bytes of this connection may be read now; 0: leave them with the sender (back-pressure).
    [[nodiscard]] std::uint64_t room(ArrivalNumber number) const;
    /// True if room() is 0 because of the limit on all held connections together, so that it grows when another one
    /// leaves.
    [[nodiscard]] bool crowded() const { return bytes_ >= limits_.bytes; }
    /// Precondition: `size` <= room(number).
    void takeIn(ArrivalNumber number, std::uint64_t size);

    /// Marks the connections held now as held while no machine could process them: the connection after such a one
    /// waits for its answer. Connections that arrive later are delivered in order without waiting; otherwise clients
    /// that send their next request after each answer would keep the queue from ever becoming empty.
    void expectAnswers();
    [[nodiscard]] bool expectsAnswer(ArrivalNumber number) const { return number <= answers_expected_up_to_; }

    /// How long to wait for this connection's answer before the next is delivered: `longest`, or less if connections
    /// behind it would otherwise become too old.
    [[nodiscard]] Milliseconds answerWait(ArrivalNumber number, SteadyTime now, Milliseconds longest) const;

    [[nodiscard]] std::vector<ArrivalNumber> overAge(SteadyTime now) const;  ///< in order of arrival
    [[nodiscard]] std::optional<SteadyTime> nextOverAge() const;             ///< when the head becomes too old

    [[nodiscard]] std::size_t size() const { return held_.size(); }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] SteadyTime arrivedAt(ArrivalNumber number) const { return held_.at(number).arrived; }
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
