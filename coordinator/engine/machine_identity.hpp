#pragma once

#include <string>

#include "coordinator/drivers/power_driver.hpp"

namespace standin::engine {

/// Whether the machine that a ladder of power devices switches is the one that is declared (rule 5).
struct MachineIdentity {
    enum class Verdict {
        NotDeclared,  ///< there is nothing to compare with
        Confirmed,    ///< a device reports the declared UUID, and none reports another
        Unknown,      ///< no device reports one: it cannot, or does not answer
        Different     ///< a device reports another: it would switch another machine
    };
    Verdict verdict = Verdict::NotDeclared;
    std::string words;  ///< for people: why; with the cure where it is another machine

    /// Why the machine is not to be used, for people; empty: it may be.
    [[nodiscard]] std::string problem(bool required) const;
    bool operator==(const MachineIdentity& other) const = default;
};

std::string_view nameOf(MachineIdentity::Verdict verdict);

/// Asks the ladder's devices, and nobody where no UUID is declared. `whose` is the machine for people: `spare
/// 'spare01'`.
MachineIdentity identityOf(drivers::PowerDriver& power, const drivers::PowerLadder& ladder, const std::string& whose,
                           const std::string& declared, drivers::Deadline deadline);

}  // namespace standin::engine
