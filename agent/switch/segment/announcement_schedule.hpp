#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"

namespace standin::lan_switch {

/// When which segment's announcement is to be repeated. One announcement can be lost, and a Linux host ignores it when
/// it has learned the address less than a second ago (arp(7), locktime), so the last ones come later than that. Not for
/// several threads at once.
class AnnouncementSchedule {
  public:
    /// Replaces what was planned for that segment.
    void plan(const base::SegmentId& segment, base::SteadyTime first);
    void cancel(const base::SegmentId& segment) { due_.erase(segment); }

    /// Takes out every segment that has an announcement due at `now`.
    std::vector<base::SegmentId> take(base::SteadyTime now);
    [[nodiscard]] std::optional<base::SteadyTime> next() const;

  private:
    std::map<base::SegmentId, std::vector<base::SteadyTime>> due_;  ///< latest first
};

}  // namespace standin::lan_switch
