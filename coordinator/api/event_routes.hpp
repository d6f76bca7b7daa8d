#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "agent/http/response.hpp"

namespace standin::engine {
class EventHub;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// `GET /v1/events[?operation=<id>]`: server-sent events (WHATWG HTML, 9.2). Each has the id `<epoch>-<number>`; a
/// client that comes back with `Last-Event-ID` gets what it missed, as far as it is still kept, else an event `missed`
/// that says how many are gone. Without it, events from now on. A comment comes at once and then every 10 s, so that a
/// dead line shows.
class EventRoutes {
  public:
    EventRoutes(engine::EventHub& hub, std::function<std::uint64_t()> epoch);
    void add(http::Router& router);

  private:
    struct Follower {
        std::uint64_t epoch = 0;
        std::uint64_t last = 0;
        std::uint64_t operation = 0;  ///< 0: all
    };
    base::Result<http::Response> open(const http::Request& request);
    base::Result<Follower> followerFrom(const http::Request& request) const;
    void follow(Follower follower, std::ostream& out, const std::atomic<bool>& stopping) const;

    engine::EventHub& hub_;
    std::function<std::uint64_t()> epoch_;
    std::shared_ptr<std::atomic<int>> followers_;
};

}  // namespace standin::api
