#include "coordinator/api/event_routes.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ostream>

#include "agent/base/number.hpp"
#include "agent/http/router.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/event_hub.hpp"

namespace standin::api {

using base::failure;
using base::Result;
using http::Request;
using http::Response;
using std::chrono::steady_clock;

namespace {

constexpr int most_followers = 32;  // each holds one of the server's 64 threads for answers that last
constexpr std::size_t batch = 256;
constexpr std::chrono::milliseconds wake_every{500};  // how soon an ending program is noticed
constexpr std::chrono::seconds heartbeat_every{10};

bool readNumber(std::string_view text, std::uint64_t& number) {
    const auto read = base::parseNumber<std::uint64_t>(text);
    number = read.value_or(0);
    return read.has_value();
}

// An event must not end early: JSON that is dumped has no line ends.
void write(std::ostream& out, std::uint64_t epoch, std::uint64_t id, const std::string& type, const Json& data) {
    out << "id: " << epoch << '-' << id << "\nevent: " << type << "\ndata: " << protocol::jsonText(data) << "\n\n";
}

}  // namespace

EventRoutes::EventRoutes(engine::EventHub& hub, std::function<std::uint64_t()> epoch)
    : hub_(hub), epoch_(std::move(epoch)), followers_(std::make_shared<std::atomic<int>>(0)) {}

void EventRoutes::add(http::Router& router) {
    router.add("GET", "/v1/events", [this](const Request& request) { return open(request); });
}

Result<EventRoutes::Follower> EventRoutes::followerFrom(const Request& request) const {
    Follower follower{epoch_(), hub_.last(), 0};
    if (auto wanted = request.query.find("operation"); wanted != request.query.end()) {
        if (!readNumber(wanted->second, follower.operation)) {
            return failure(base::ErrorCode::InvalidInput, "operation: not a number");
        }
    }
    auto last = request.headers.find("last-event-id");
    if (last == request.headers.end() || last->second.empty()) return follower;
    auto dash = last->second.find('-');
    std::uint64_t epoch = 0;
    std::uint64_t id = 0;
    if (dash == std::string::npos || !readNumber(last->second.substr(0, dash), epoch) ||
        !readNumber(last->second.substr(dash + 1), id)) {
        return failure(base::ErrorCode::InvalidInput, "Last-Event-ID: not an id of this stream, as in '3-141'");
    }
    // Ids start at 1 in each epoch: a client that followed an earlier coordinator gets all that this one has kept.
    follower.last = epoch == follower.epoch ? std::min(id, follower.last) : 0;
    return follower;
}

Result<Response> EventRoutes::open(const Request& request) {
    auto follower = followerFrom(request);
    if (!follower) return failure(follower.error());
    // The token gives its place back when the stream is gone, however it went.
    auto count = followers_;
    std::shared_ptr<void> token(nullptr, [count](void*) { --*count; });
    if (++*count > most_followers) {
        return failure(base::ErrorCode::Refused,
                       fmt::format("{} clients follow the events already, which is the limit", most_followers));
    }
    Response response;
    response.content_type = "text/event-stream";
    response.headers["Cache-Control"] = "no-store";
    response.stream = [this, follower = *follower, token](std::ostream& out, const std::atomic<bool>& stopping) {
        follow(follower, out, stopping);
    };
    return response;
}

void EventRoutes::follow(Follower follower, std::ostream& out, const std::atomic<bool>& stopping) const {
    out << ": standin events\n\n" << std::flush;
    auto last_sign = steady_clock::now();
    while (out && !stopping && !hub_.closed()) {
        auto events = hub_.after(follower.last, batch, wake_every);
        if (!events.empty() && events.front().id > follower.last + 1) {
            auto missed = events.front().id - follower.last - 1;
            write(out, follower.epoch, events.front().id - 1, "missed",
                  {{"type", "missed"},
                   {"missed", missed},
                   {"text", fmt::format("{} events are no longer kept", missed)}});
        }
        bool wrote = false;
        for (const auto& event : events) {
            follower.last = event.id;
            if (follower.operation != 0 && event.operation != follower.operation) continue;
            write(out, follower.epoch, event.id, event.type, viewOf(event));
            wrote = true;
        }
        if (!wrote && steady_clock::now() - last_sign < heartbeat_every) continue;
        if (!wrote) out << ": heartbeat\n\n";
        out << std::flush;
        last_sign = steady_clock::now();
    }
}

}  // namespace standin::api
