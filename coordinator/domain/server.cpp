#include "coordinator/domain/server.hpp"

#include "coordinator/domain/named.hpp"

namespace standin::domain {

namespace {
constexpr Names<FencePolicy, 2> policies{{{FencePolicy::Port, "port"}, {FencePolicy::Power, "power"}}};
constexpr Names<CaptureWay, 2> ways{{{CaptureWay::Restart, "restart"}, {CaptureWay::PoweredOff, "powered_off"}}};
constexpr Names<JobData, 3> kinds_of_data{
    {{JobData::None, "none"}, {JobData::Shared, "shared"}, {JobData::Local, "local"}}};
}  // namespace

std::string_view nameOf(JobData data) {
    return nameIn(kinds_of_data, data);
}
std::optional<JobData> jobDataFrom(std::string_view name) {
    return valueIn(kinds_of_data, name);
}
std::string_view nameOf(FencePolicy policy) {
    return nameIn(policies, policy);
}
std::string_view nameOf(CaptureWay way) {
    return nameIn(ways, way);
}

}  // namespace standin::domain
