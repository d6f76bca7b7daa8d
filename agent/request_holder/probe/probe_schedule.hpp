#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"

namespace standin::request_holder {

/// When a probe starts its next attempt, and which older one makes room for it. Pure; times count from the probe's
/// start.
///
/// A machine that is just being resumed or started loses packets at first, and the kernel sends a lost SYN again only
/// after 1 s: so new attempts are started every few milliseconds. Yet a machine that is slow to answer would never be
/// heard if attempts were given up as fast: so some attempts ('anchors', at 0 ms and then each at twice the age of the
/// one before) are kept to the end, and the first packets sent, which may wait in the tap of a suspended machine, are
/// among them.
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

    /// Notes a new attempt at `now` and returns its number; precondition: victim() is empty.
    std::size_t begin(Time now);
    void connected(std::size_t id);
    void end(std::size_t id);

    /// When the next attempt is due after one that was started, or got its connection, at `last`: 3 ms at first, a
    /// sixteenth of the time passed later, at most 50 ms. At least 20 ms while one is connected, on which nothing gets
    /// lost (every further one takes time from the machine that it needs to answer the first); 250 ms while enough are.
    [[nodiscard]] Time next(Time last) const;
    /// The attempt to be closed before another may begin: the oldest that is no anchor.
    [[nodiscard]] std::optional<std::size_t> victim() const;

    [[nodiscard]] std::size_t inFlight() const { return attempts_.size(); }
    [[nodiscard]] std::size_t begun() const { return begun_; }

  private:
    std::vector<Attempt> attempts_;  // in the order of their start
    std::size_t begun_ = 0;
    Time next_anchor_{0};
};

}  // namespace standin::request_holder
