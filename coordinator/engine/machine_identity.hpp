#pragma once

#include <string>

#include "coordinator/drivers/power_driver.hpp"

namespace standin::engine {

/// Whether a machine's power devices belong to the declared machine (rule 5).
struct MachineIdentity {
    enum class Verdict {
        NotDeclared,  ///< no UUID is declared
        Confirmed,    ///< a device reports the declared UUID, and none another one
        Unknown,      ///< no device reports a UUID: it cannot, or does not answer
        Different     ///< a device reports another UUID: it would switch another machine
    };
    Verdict verdict = Verdict::NotDeclared;
    std::string words;  ///< the reason, for people; with the cure if it is another machine

    /// Why the machine must not be used, for people; empty: it may be used.
    [[nodiscard]] std::string problem(bool required) const;
    bool operator==(const MachineIdentity& other) const = default;
};

std::string_view nameOf(MachineIdentity::Verdict verdict);

/// Asks the machine's power devices; asks none if no UUID is declared. `whose` names the machine for people: `spare
/// 'spare01'`.
MachineIdentity identityOf(drivers::PowerDriver& power, const drivers::PowerLadder& ladder, const std::string& whose,
                           const std::string& declared, drivers::Deadline deadline);

}  // namespace standin::engine
