#pragma once

#include <string>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

// The order of coordinators: which of several an agent obeys. command_admission.hpp applies it.

/// The leader as one side knows it: an epoch, and the instance that distinguishes coordinators with the same epoch.
struct Leader {
    std::uint64_t epoch = 0;
    std::string instance;  ///< empty: there is none, or it is not known yet
    bool operator==(const Leader&) const = default;
};

/// True if another coordinator has commanded here: one with a newer epoch, or one with the same epoch and another
/// instance (a journal restored from a backup leads to the same epoch again).
inline bool isDeposed(const CommandStamp& stamp, const Leader& leader) {
    if (stamp.epoch != leader.epoch) return stamp.epoch < leader.epoch;
    return !leader.instance.empty() && stamp.instance != leader.instance;
}

/// The leader that an agent obeys from now on. Precondition: not isDeposed(). An epoch without an instance belongs to
/// the first instance that uses it.
inline Leader leaderBy(const CommandStamp& stamp) {
    return {stamp.epoch, stamp.instance};
}

/// The reason of a refusal, for people.
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
