#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"
#include "coordinator/domain/spare_table.hpp"

namespace standin::engine {

/// An event for observers outside the engine.
struct EngineEvent {
    /// `operation` (opened), `state` (a change of state), `step` (started or ended), `progress`, `note`, `row` (spare
    /// table), `agent` (health changed), `report` (a failure report and its result).
    std::string type;
    base::WallTime at{};
    domain::OperationId operation = 0;  ///< 0: none
    std::string server;                 ///< empty: none
    std::string text;                   ///< one line for people; for `state` exactly the log line
    std::string data;                   ///< JSON object with the details; empty only if the sink does not want it
    std::uint64_t id = 0;  ///< assigned by the hub: ascending without gaps, from 1 at each start of the coordinator
};

/// Receives the engine's events. Called on the engine's thread; must return at once.
class EventSink {
  public:
    virtual ~EventSink() = default;
    virtual void publish(EngineEvent event) = 0;
    /// False: events of this type are not published.
    [[nodiscard]] virtual bool wants(std::string_view /*type*/) const { return true; }
    /// False: the events' data are not needed and left empty.
    [[nodiscard]] virtual bool wantsData() const { return true; }
};

/// Keeps the last events for any number of readers. A reader that is too slow misses the oldest ones and recognises
/// that from the ids. Thread-safe.
class EventHub final : public EventSink {
  public:
    explicit EventHub(std::size_t keep = 4096)
        : keep_(keep) {}  // some minutes of many concurrent failovers, about 2 MB

    void publish(EngineEvent event) override;
    /// Events with ids above `after`, oldest first, `most` at most; waits up to `patience` for the first one. Empty
    /// after close().
    std::vector<EngineEvent> after(std::uint64_t after, std::size_t most, std::chrono::milliseconds patience);
    [[nodiscard]] std::uint64_t last() const;
    /// Wakes all readers; later calls do not wait.
    void close();
    [[nodiscard]] bool closed() const;

  private:
    const std::size_t keep_;
    mutable std::mutex mutex_;
    std::condition_variable published_;
    std::deque<EngineEvent> events_;
    std::uint64_t last_ = 0;
    bool closed_ = false;
};

}  // namespace standin::engine
