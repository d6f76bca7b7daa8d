#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"

namespace standin::audit {

/// An entry before it is part of the chain.
struct Note {
    base::WallTime at{};
    std::string who;
    std::string what;
    std::string outcome;
};

/// Prevents repeated requests from filling the audit. The first one becomes an entry at once; equal ones within
/// `window` are counted and summarised in one entry at its end. If there are very many, different ones are counted
/// together, too. Not thread-safe.
class Repetitions {
  public:
    /// The note itself if it is new; nullopt if it was counted.
    std::optional<Note> take(const Note& note, std::chrono::seconds window);
    /// The summaries that are due, as one entry each.
    std::vector<Note> due(base::WallTime now);
    /// All summaries; for the end of the program.
    std::vector<Note> all();

  private:
    struct Count {
        Note first;
        base::WallTime until{};
        std::uint64_t more = 0;
    };
    static void tell(const Count& count, std::vector<Note>& into);
    std::map<std::string, Count> counts_;
};

}  // namespace standin::audit
