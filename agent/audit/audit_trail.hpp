#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "agent/audit/repetitions.hpp"
#include "agent/base/log.hpp"
#include "agent/base/result.hpp"
#include "agent/base/worker.hpp"

namespace standin::audit {

/// Writes audit entries on a thread of its own, so that serving threads never wait. Failed writes are repeated; if too
/// many entries accumulate, the oldest are dropped, and an entry records their number. Entries not written at the
/// program's end go to the log.
class AuditTrail {
  public:
    /// Makes the notes durable, all or none.
    using Write = std::function<base::Result<void>(const std::vector<Note>& notes)>;

    AuditTrail(const base::Clock& clock, Write write, base::Log log);

    void start();
    /// Writes the pending entries. Idempotent.
    void stop() { worker_.stop(); }

    /// Adds an entry. Equal entries within `window` are counted. Texts are converted to one line.
    void add(const std::string& who, const std::string& what, const std::string& outcome, std::chrono::seconds window);

    /// Why writing fails; empty: it works.
    [[nodiscard]] std::string problem() const;
    /// Waits until everything added before is written, or writing has failed.
    void settle();

  private:
    void run(const std::stop_token& stop);
    void gatherDue(bool ends);
    void writeGathered(std::unique_lock<std::mutex>& lock);
    void push(Note note);
    void tellWhatIsLost() const;

    const base::Clock& clock_;
    const Write write_;
    const base::Log log_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    Repetitions repetitions_;
    std::deque<Note> gathered_;
    std::uint64_t dropped_ = 0;
    std::string problem_;
    bool writing_ = false;
    base::Worker worker_;
};

}  // namespace standin::audit
