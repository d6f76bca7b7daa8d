#include "coordinator/engine/missing_machine.hpp"

#include <fmt/format.h>

namespace standin::engine {

std::string missingMachineOf(const domain::Operation& operation, const Inventory& inventory) {
    if (inventory.servers.count(operation.server) == 0) return fmt::format("server '{}'", operation.server.text());
    if (!domain::isOpen(operation) || operation.spare.empty()) return {};
    return inventory.spares.count(operation.spare) > 0 ? "" : fmt::format("spare '{}'", operation.spare.text());
}

base::Result<void> hasItsMachines(const domain::Operation& operation, const Inventory& inventory) {
    const auto missing = missingMachineOf(operation, inventory);
    if (missing.empty()) return {};
    return base::failure(base::ErrorCode::WrongState,
                         fmt::format("{} {} needs {}, which is not configured any more; {}", nameOf(operation.kind),
                                     operation.id, missing, cureOfMissing(missing)));
}

std::string cureOfMissing(const std::string& missing) {
    return fmt::format("put {} back into the configuration and start the coordinator again", missing);
}

}  // namespace standin::engine
