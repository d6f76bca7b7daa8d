#include "agent/request_holder/data_path/relays.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace standin::request_holder {

Relays::Relays(asio::io_context& context, SharedBuffer& buffer, std::function<void()> ended)
    : context_(context), buffer_(buffer), ended_(std::move(ended)) {}

void Relays::relay(TcpSocketPtr client, TcpSocketPtr job, Relay::Beginning beginning,
                   std::function<void(Progress)> tell) {
    Relay::Events events;
    events.delivered = [tell] { tell(Progress::Delivered); };
    events.answered = [tell] { tell(Progress::Answered); };
    events.broken = [this, tell] {
        ++tally_.broken;
        tell(Progress::Ended);
    };
    events.ended = [this, tell](Relay& relay) {
        tell(Progress::Ended);
        tally_.bytes_to_job += relay.bytesToJob();
        tally_.bytes_to_client += relay.bytesToClient();
        relays_.erase(relay.shared_from_this());
        asio::post(context_, ended_);
    };
    auto made =
        std::make_shared<Relay>(std::move(client), std::move(job), std::move(beginning), buffer_, std::move(events));
    relays_.insert(made);
    made->start();
}

void Relays::resetAll() {
    for (const auto& relay : std::unordered_set(relays_)) relay->reset();
}

void Relays::suspectAll() {
    for (const auto& relay : relays_) relay->suspectJob();
}

std::size_t Relays::unanswered() const {
    const auto now = std::chrono::steady_clock::now();
    return static_cast<std::size_t>(
        std::count_if(relays_.begin(), relays_.end(), [now](const auto& relay) { return relay->unanswered(now); }));
}

}  // namespace standin::request_holder
