#include "agent/http/request_audit.hpp"

#include <fmt/format.h>

#include "agent/base/text.hpp"

namespace standin::http {

namespace {

// Somebody who is refused may try as often as he likes; a coordinator claims its epoch every few seconds.
constexpr std::chrono::seconds refusals_together{60};
constexpr std::chrono::seconds commands_together{3600};

std::string whatOf(const Request& request) {
    auto what = fmt::format("{} {}", base::shortened(request.method, 20), base::shortened(request.path, 300));
    if (request.stamp) what += fmt::format(" (command {}, epoch {})", request.stamp->operation, request.stamp->epoch);
    return what;
}

std::string outcomeOf(int status, const base::Error* error) {
    if (error == nullptr) return fmt::format("answered with status {}", status);
    const bool refused = status < 500;
    return fmt::format("{}: {} ({} {})", refused ? "refused" : "failed", error->message, status,
                       base::nameOf(error->code));
}

}  // namespace

bool RequestAudit::keeps(const Request& request, const Route* route, const base::Error* error) const {
    if (error != nullptr && error->code == base::ErrorCode::Forbidden) return true;
    if (route == nullptr) return request.method != "GET";
    // Where a body decides which role is needed, the route itself demands only that one may read.
    if (route->access == Access::Read)
        return commands_ == Commands::Refused && error != nullptr && request.method != "GET";
    if (commands_ == Commands::All) return true;
    // A conflict at these is an entry of the engine's, which knows better what was asked.
    const bool engine_tells = route->pattern == "/v1/operations" && error != nullptr &&
                              (error->code == base::ErrorCode::Conflict || error->code == base::ErrorCode::WrongState);
    return error != nullptr && !engine_tells;
}

void RequestAudit::answered(const Request& request, const Route* route, int status, const base::Error* error) {
    if (!keeps(request, route, error)) return;
    trail_.add(fmt::format("certificate '{}' ({})", request.peer, request.address), whatOf(request),
               outcomeOf(status, error), error == nullptr ? commands_together : refusals_together);
}

void RequestAudit::handshakeFailed(const std::string& address, const std::string& why) {
    trail_.add(fmt::format("unknown ({})", address), "TLS handshake", "refused: " + why, refusals_together);
}

void RequestAudit::checkHealth(protocol::Health& health) const {
    const auto problem = trail_.problem();
    health.checks.push_back({"audit", problem.empty(), problem.empty() ? "is written" : problem,
                             problem.empty() ? "" : "make room where the state_dir is, and see that it is writable"});
}

}  // namespace standin::http
