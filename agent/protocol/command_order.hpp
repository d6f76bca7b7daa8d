#pragma once

#include <string>
#include <utility>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

// Whose word counts, of several coordinators and of several commands: the rules of every agent's gate. Pure, so that
// the simulated agents keep the very same.

/// A newer coordinator has commanded here: who bears an older epoch was deposed.
inline bool isDeposed(const CommandStamp& stamp, std::uint64_t highest_epoch) {
    return stamp.epoch < highest_epoch;
}

/// One command, however often it comes; `what` is commanded with it.
inline std::string identityOf(const CommandStamp& stamp, const std::string& what) {
    std::string identity = std::to_string(stamp.epoch);
    const std::string sequence = std::to_string(stamp.sequence);
    identity.reserve(identity.size() + sequence.size() + stamp.operation.size() + what.size() + 3);
    identity.append(1, ' ').append(sequence).append(1, ' ').append(stamp.operation).append(1, ' ').append(what);
    return identity;
}

/// The newest command that was seen for one subject.
class NewestCommand {
  public:
    /// The stamp is older than the newest: its command comes too late, whether or not the newer one was carried out.
    [[nodiscard]] bool overtakes(const CommandStamp& stamp) const { return ageOf(stamp) < age_; }
    /// It has come.
    void see(const CommandStamp& stamp) {
        if (!overtakes(stamp)) age_ = ageOf(stamp);
    }

    /// Epoch, and sequence within it: ascends for ever.
    using Age = std::pair<std::uint64_t, std::uint64_t>;
    [[nodiscard]] const Age& age() const { return age_; }

  private:
    static Age ageOf(const CommandStamp& stamp) { return {stamp.epoch, stamp.sequence}; }

    Age age_{};
};

}  // namespace standin::protocol
