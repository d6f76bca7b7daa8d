#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"

namespace standin::request_holder {

/// When a probe starts its next attempt, and which older one is closed for it. Pure; times count from the probe's
/// start.
///
/// A machine that is being resumed or started loses packets at first, and the kernel repeats a lost SYN only after 1 s,
/// so new attempts are started every few milliseconds. But a machine that is slow to answer would never be reached if
/// attempts were closed as fast, so some attempts ('anchors', at 0 ms and then each at twice the age of the previous
/// one) are kept to the end. The first packets sent, which may wait in the tap of a suspended machine, are among them.
class ProbeSchedule {
  public:
    using Time = std::chrono::microseconds;

    static constexpr std::size_t in_flight_limit =
        32;  ///< attempts at once; more would only make the machine's queue longer
    static constexpr std::size_t connected_enough =
        4;  ///< of those, connected and waiting for an answer: the job is slow, not absent

    struct Attempt {
        std::size_t id = 0;
        Time started{0};
        bool anchor = false;
        bool connected = false;
    };

    /// Records a new attempt at `now` and returns its number. Precondition: victim() is empty.
    std::size_t begin(Time now);
    void connected(std::size_t id);
    void end(std::size_t id);

    /// When the next attempt is due after one that was started, or connected, at `last`: after 3 ms at first, later a
    /// sixteenth of the time passed, at most 50 ms. At least 20 ms while one is connected, because nothing on it gets
    /// lost (each further one costs the machine time that it needs for its answer); 250 ms while enough are connected.
    [[nodiscard]] Time next(Time last) const;
    /// The attempt to close before another one may start: the oldest that is not an anchor.
    [[nodiscard]] std::optional<std::size_t> victim() const;

    [[nodiscard]] std::size_t inFlight() const { return attempts_.size(); }
    [[nodiscard]] std::size_t begun() const { return begun_; }

  private:
    std::vector<Attempt> attempts_;  // in the order of their start
    std::size_t begun_ = 0;
    Time next_anchor_{0};
};

}  // namespace standin::request_holder
