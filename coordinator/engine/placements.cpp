#include "coordinator/engine/placements.hpp"

namespace standin::engine {

namespace {

/// What stays as it is is reported again after so long.
constexpr std::chrono::minutes reported_again_after{10};

}  // namespace

const domain::Placement& Placements::of(const base::ServerName& server) const {
    static const domain::Placement on_server;
    const auto found = placements_.find(server);
    return found == placements_.end() ? on_server : found->second;
}

void Placements::set(const base::ServerName& server, domain::Placement placement) {
    batch_.entry().placements[server] = placement;
    placements_[server] = std::move(placement);
}

void Placements::reportOnce(const base::ServerName& server, const std::string& sentence, const std::string& outcome) {
    auto& last = reported_[server];
    if (last.first == sentence && context_.now() < last.second + reported_again_after) return;
    last = {sentence, context_.now()};
    batch_.audit("the watch", sentence, outcome);
    batch_.warn(server.text(), sentence);
}

}  // namespace standin::engine
