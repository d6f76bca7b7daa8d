#pragma once

#include <chrono>
#include <mutex>

#include "agent/base/name_map.hpp"
#include "coordinator/domain/evidence/answer_times.hpp"
#include "coordinator/domain/server.hpp"

namespace standin::engine {

/// The jobs' usual answer times, from which follows how long silence has to be. Thread-safe. Not kept in the journal: a
/// restarted coordinator learns them again, and meanwhile waits for the longest window.
class SilenceWindows {
  public:
    void answered(const base::ServerName& server, double after_ms) {
        const std::lock_guard lock(mutex_);
        times_[server].note(after_ms);
    }
    [[nodiscard]] std::chrono::milliseconds of(const domain::Server& server) const {
        const std::lock_guard lock(mutex_);
        const auto found = times_.find(server.name);
        return (found == times_.end() ? domain::AnswerTimes() : found->second).window(server.evidence);
    }

  private:
    mutable std::mutex mutex_;
    base::NameMap<base::ServerName, domain::AnswerTimes> times_;
};

}  // namespace standin::engine
