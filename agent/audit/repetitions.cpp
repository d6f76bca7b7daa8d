#include "agent/audit/repetitions.hpp"

#include <fmt/format.h>

namespace standin::audit {

namespace {

/// Different ones at a time. Somebody who asks for something else each time gets so many entries in a window.
constexpr std::size_t most_kinds = 200;

}  // namespace

std::optional<Note> Repetitions::take(const Note& note, std::chrono::seconds window) {
    auto key = note.who + '\n' + note.what + '\n' + note.outcome;
    auto kept = note;
    if (counts_.size() >= most_kinds && counts_.count(key) == 0) {
        key = "others";
        kept.who = "others";
        kept.what = fmt::format("more than {} different requests", most_kinds);
        kept.outcome = "not listed one by one";
    }
    const auto [found, is_new] = counts_.try_emplace(key, Count{kept, note.at + window, 0});
    if (is_new) return kept;
    ++found->second.more;
    return std::nullopt;
}

void Repetitions::tell(const Count& count, std::vector<Note>& into) {
    if (count.more == 0) return;
    auto summary = count.first;
    summary.at = count.until;
    summary.outcome += fmt::format(" ({} more times since {})", count.more, base::rfc3339(count.first.at));
    into.push_back(std::move(summary));
}

std::vector<Note> Repetitions::due(base::WallTime now) {
    std::vector<Note> told;
    for (auto one = counts_.begin(); one != counts_.end();) {
        if (one->second.until > now) {
            ++one;
            continue;
        }
        tell(one->second, told);
        one = counts_.erase(one);
    }
    return told;
}

std::vector<Note> Repetitions::all() {
    std::vector<Note> told;
    for (const auto& [key, count] : counts_) tell(count, told);
    counts_.clear();
    return told;
}

}  // namespace standin::audit
