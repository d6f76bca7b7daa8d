#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace standin::cli {

/// The coordinator's answer, of any status.
struct Answer {
    int status = 0;
    std::string body;      ///< JSON, or empty
    std::string location;  ///< of an operation that was accepted, else empty

    [[nodiscard]] bool accepted() const { return status >= 200 && status < 300; }
};

/// One server-sent event; `type` is "heartbeat" for a sign of life that carries nothing.
struct StreamedEvent {
    std::string id;  ///< opaque; follow() continues from it
    std::string type;
    std::string data;  ///< JSON
};

/// The coordinator as standinctl sees it. A failure means that there was no answer: `Unreachable` or `TimedOut`.
class CoordinatorApi {
  public:
    /// Gets each event in order; false ends the stream.
    using EventSink = std::function<bool(const StreamedEvent&)>;

    virtual ~CoordinatorApi() = default;
    virtual base::Result<Answer> request(std::string_view method, std::string_view path,
                                         const nlohmann::json* body) = 0;
    /// Follows the events after `last_id` (empty: only those to come) until the sink says false or the coordinator
    /// ends. The sink is called once, with a heartbeat, as soon as the stream is open: a reader that looks at the world
    /// from then on misses nothing.
    virtual base::Result<void> follow(const std::string& last_id, const EventSink& sink) = 0;
};

}  // namespace standin::cli
