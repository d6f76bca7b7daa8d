#pragma once

#include <string>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

// Whose word counts, of several coordinators. What agents make of it: command_admission.hpp.

/// Who leads, as one side knows it: an epoch, and which of those that may have the same number.
struct Leader {
    std::uint64_t epoch = 0;
    std::string instance;  ///< empty: it has none, or none is known yet
    bool operator==(const Leader&) const = default;
};

/// Another coordinator has commanded here: one with an older epoch was deposed, and so was one with the same epoch as
/// another instance (a journal that was restored from a backup gives its epoch once more).
inline bool isDeposed(const CommandStamp& stamp, const Leader& leader) {
    if (stamp.epoch != leader.epoch) return stamp.epoch < leader.epoch;
    return !leader.instance.empty() && stamp.instance != leader.instance;
}

/// Whom an agent obeys from now on. Precondition: not isDeposed(). An epoch that came without an instance
/// belongs to the first that names one.
inline Leader leaderBy(const CommandStamp& stamp) {
    return {stamp.epoch, stamp.instance};
}

/// For people: why a command was refused.
inline std::string deposedText(const CommandStamp& stamp, const Leader& leader) {
    const std::string epoch = std::to_string(stamp.epoch);
    const std::string leads = std::to_string(leader.epoch);
    if (stamp.epoch < leader.epoch)
        return "epoch " + epoch + " is older than " + leads + ": another coordinator leads since epoch " + leads +
               "; this one must stop";
    return "epoch " + epoch + " belongs to another coordinator (instance '" + leader.instance + "', not '" +
           stamp.instance + "'): two run from copies of one journal; this one must stop";
}

}  // namespace standin::protocol
