#include "coordinator/domain/server.hpp"

#include "coordinator/domain/named.hpp"

namespace standin::domain {

namespace {
constexpr Names<FencePolicy, 2> policies{{{FencePolicy::Port, "port"}, {FencePolicy::Power, "power"}}};
constexpr Names<CaptureWay, 2> ways{{{CaptureWay::Restart, "restart"}, {CaptureWay::PoweredOff, "powered_off"}}};
}  // namespace

std::string_view nameOf(FencePolicy policy) {
    return nameIn(policies, policy);
}
std::string_view nameOf(CaptureWay way) {
    return nameIn(ways, way);
}

}  // namespace standin::domain
