#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"

namespace standin::lan_switch {

/// When each segment's announcement is repeated. One announcement can be lost, and a Linux host ignores it if it
/// learned the address less than a second ago (arp(7), locktime), so the last repetitions come later than that. Not
/// thread-safe.
class AnnouncementSchedule {
  public:
    /// Plans the segment's repetitions, replacing earlier ones.
    void plan(const base::SegmentId& segment, base::SteadyTime first);
    void cancel(const base::SegmentId& segment) { due_.erase(segment); }

    /// Removes and returns the segments whose announcements are due at `now`.
    std::vector<base::SegmentId> take(base::SteadyTime now);
    [[nodiscard]] std::optional<base::SteadyTime> next() const;

  private:
    std::map<base::SegmentId, std::vector<base::SteadyTime>> due_;  ///< latest first
};

}  // namespace standin::lan_switch
