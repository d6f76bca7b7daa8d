#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"

namespace standin::audit {

/// An entry before it has its place in the chain.
struct Note {
    base::WallTime at{};
    std::string who;
    std::string what;
    std::string outcome;
};

/// Keeps somebody who asks the same thing again and again from filling the audit: the first is an entry at once, those
/// that follow within `window` are counted, and summed up in one more entry at its end. Also different ones are counted
/// together once there are very many. Not thread-safe.
class Repetitions {
  public:
    /// Nothing, or the note itself: it is new.
    std::optional<Note> take(const Note& note, std::chrono::seconds window);
    /// What was counted and is due, each as one entry.
    std::vector<Note> due(base::WallTime now);
    /// All that was counted; for the end of the program.
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
