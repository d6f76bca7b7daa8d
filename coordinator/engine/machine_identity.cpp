#include "coordinator/engine/machine_identity.hpp"

#include <fmt/format.h>

#include "coordinator/domain/machine_uuid.hpp"

namespace standin::engine {

namespace {

using Verdict = MachineIdentity::Verdict;

MachineIdentity identityFrom(const drivers::UuidReading& reading, const std::string& whose,
                             const std::string& declared) {
    if (reading.uuid.empty()) return {Verdict::Unknown, fmt::format("{}: {}", reading.device, reading.problem)};
    const auto uuid = domain::canonicalUuid(reading.uuid);
    if (uuid.empty() || domain::isUnsetUuid(uuid))
        return {Verdict::Unknown, fmt::format("{} reports '{}', which names no machine", reading.device, reading.uuid)};
    if (domain::isSameUuid(declared, uuid)) return {Verdict::Confirmed, {}};
    return {Verdict::Different,
            fmt::format("power device {} of {} is that of machine {}, and the configuration declares {}; see which "
                        "machine that is (dmidecode -s system-uuid), then mend the device's address or 'uuid' of {}",
                        reading.device, whose, uuid, declared, whose)};
}

}  // namespace

std::string_view nameOf(MachineIdentity::Verdict verdict) {
    switch (verdict) {
        case Verdict::NotDeclared:
            return "not_declared";
        case Verdict::Confirmed:
            return "confirmed";
        case Verdict::Unknown:
            return "unknown";
        case Verdict::Different:
            return "different";
    }
    return "unknown";
}

std::string MachineIdentity::problem(bool required) const {
    return verdict == Verdict::Different || (required && verdict == Verdict::Unknown) ? words : std::string();
}

MachineIdentity identityOf(drivers::PowerDriver& power, const drivers::PowerLadder& ladder, const std::string& whose,
                           const std::string& declared, drivers::Deadline deadline) {
    if (declared.empty()) return {};
    bool confirmed = false;
    std::string reasons;
    for (const auto& reading : power.uuids(ladder, deadline)) {
        auto one = identityFrom(reading, whose, declared);
        if (one.verdict == Verdict::Different) return one;
        confirmed = confirmed || one.verdict == Verdict::Confirmed;
        if (!one.words.empty()) reasons += (reasons.empty() ? "" : "; ") + one.words;
    }
    if (confirmed) return {Verdict::Confirmed, fmt::format("{} has the declared UUID", whose)};
    if (reasons.empty()) reasons = "no power device reports a UUID";
    return {Verdict::Unknown, fmt::format("{} is not confirmed: {}", whose, reasons)};
}

}  // namespace standin::engine
