// A failover that was cancelled is undone.
#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

/// Nobody else was given the segment (mayUnfencePort), so nobody has to be stopped first.
StepReport unfencePort(const StepContext& context) {
    const auto& server = context.server();
    auto segment = order(context, segmentOrder(context, server_member, {}));
    if (!segment) return StepReport::failed(segment.error());
    auto report = StepReport::done(fmt::format("port '{}' of server '{}' has segment '{}' again", server.port.text(),
                                               server.name.text(), server.segment.text()));
    report.phases_ms["transaction"] = segment->transaction_ms;
    return report;
}

}  // namespace standin::engine::steps
