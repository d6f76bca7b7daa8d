#pragma once

#include "coordinator/engine/batch.hpp"
#include "coordinator/engine/leadership.hpp"
#include "coordinator/engine/maintenance_list.hpp"
#include "coordinator/engine/operations.hpp"
#include "coordinator/engine/placements.hpp"
#include "coordinator/engine/site_restraints.hpp"
#include "coordinator/engine/spare_pool.hpp"

namespace standin::engine {

/// The state of the engine, and the batch that changes it. Used on the engine's thread only.
struct EngineState : EngineContext {
    EngineState(ConductorParts parts, Leadership::Drop drop)
        : EngineContext(std::move(parts)),
          leadership(*this, std::move(drop)),
          batch(*this),
          operations(*this, batch),
          placements(*this, batch),
          spares(*this, batch, operations, placements),
          maintenance(*this, batch),
          restraints(*this, batch, operations) {}
    EngineState(const EngineState&) = delete;
    EngineState& operator=(const EngineState&) = delete;

    Leadership leadership;
    Batch batch;
    Operations operations;
    Placements placements;
    SparePool spares;
    MaintenanceList maintenance;
    SiteRestraints restraints;
};

}  // namespace standin::engine
