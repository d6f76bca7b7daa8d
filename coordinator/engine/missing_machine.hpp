#pragma once

#include <string>

#include "coordinator/engine/engine.hpp"

namespace standin::engine {

/// The machine that an operation needs and that the configuration does not name any more: `server 'server01'` or
/// `spare 'spare01'`. Empty: it names all of them. An operation that holds its server no longer needs no spare.
std::string missingMachineOf(const domain::Operation& operation, const Inventory& inventory);

/// Success, or WrongState with the cure: nothing is decided about an operation of which a machine is missing.
base::Result<void> hasItsMachines(const domain::Operation& operation, const Inventory& inventory);

/// What the operator does about it.
std::string cureOfMissing(const std::string& missing);

}  // namespace standin::engine
