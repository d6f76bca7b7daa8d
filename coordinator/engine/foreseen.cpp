#include "coordinator/engine/engine_parts.hpp"

namespace standin::engine {

using base::Result;

Result<void> Engine::mayRequest(const OperationRequest& request) const {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().mayRequest(request); });
}

Result<void> Engine::mayRetry(domain::OperationId id) const {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().mayRetry(id); });
}

Result<void> Engine::mayCancel(domain::OperationId id) const {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().mayCancel(id); });
}

Result<void> Engine::mayConfirmFence(domain::OperationId id) const {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().mayConfirmFence(id); });
}

Result<void> Engine::mayClose(domain::OperationId id, bool discard_data) const {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().mayClose(id, discard_data); });
}

Result<void> Engine::mayReturn(const base::ServerName& server, bool discard_data) const {
    return parts_->ask<void>(
        [=](Conductor& conductor) { return conductor.requests().mayReturn(server, discard_data); });
}

Result<void> Engine::maySetSpare(const base::ServerName& server, const base::SpareName& spare,
                                 const base::ImageId& image, bool prepare) const {
    return parts_->ask<void>(
        [=](Conductor& conductor) { return conductor.table().maySet(server, spare, image, prepare); });
}

Result<void> Engine::mayUnsetSpare(const base::ServerName& server) const {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.table().mayUnset(server); });
}

}  // namespace standin::engine
