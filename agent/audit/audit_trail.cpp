#include "agent/audit/audit_trail.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"

namespace standin::audit {

namespace {

constexpr std::size_t most_gathered = 4096;  // some MB; a disk that is full for longer loses the oldest
constexpr std::size_t batch = 256;
constexpr std::chrono::seconds look_every{1};  // for what is due, and for another try
constexpr std::size_t longest_text = 400;

}  // namespace

AuditTrail::AuditTrail(const base::Clock& clock, Write write, base::Log log)
    : clock_(clock), write_(std::move(write)), log_(std::move(log)) {}

void AuditTrail::start() {
    worker_.start("audit", [this](const auto& stop) { run(stop); });
}

void AuditTrail::add(const std::string& who, const std::string& what, const std::string& outcome,
                     std::chrono::seconds window) {
    Note note{clock_.wall(), base::oneLine(who, longest_text), base::oneLine(what, longest_text),
              base::oneLine(outcome, longest_text)};
    const std::lock_guard lock(mutex_);
    auto fresh = repetitions_.take(note, window);
    if (!fresh) return;
    push(std::move(*fresh));
    changed_.notify_all();
}

void AuditTrail::push(Note note) {
    gathered_.push_back(std::move(note));
    if (gathered_.size() <= most_gathered) return;
    gathered_.pop_front();
    ++dropped_;
}

void AuditTrail::gatherDue(bool ends) {
    for (auto& note : ends ? repetitions_.all() : repetitions_.due(clock_.wall())) push(std::move(note));
}

void AuditTrail::writeGathered(std::unique_lock<std::mutex>& lock) {
    if (gathered_.empty()) return;
    const auto count = std::min(batch, gathered_.size());
    std::vector<Note> notes(gathered_.begin(), gathered_.begin() + static_cast<std::ptrdiff_t>(count));
    const auto dropped = dropped_;
    if (dropped > 0) {
        notes.insert(notes.begin(), {notes.front().at, "audit", "entries before this one",
                                     fmt::format("{} were dropped: they could not be written", dropped)});
    }
    // While it is written the oldest may be dropped: what is being written must not be.
    gathered_.erase(gathered_.begin(), gathered_.begin() + static_cast<std::ptrdiff_t>(count));
    writing_ = true;
    lock.unlock();
    const auto written = write_(notes);
    lock.lock();
    writing_ = false;
    if (written) {
        dropped_ -= dropped;
    } else {
        if (dropped > 0) notes.erase(notes.begin());
        gathered_.insert(gathered_.begin(), notes.begin(), notes.end());
        if (problem_.empty()) log_.error("the audit cannot be written: {}", written.error().message);
    }
    problem_ = written ? "" : written.error().message;
    changed_.notify_all();
}

void AuditTrail::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        changed_.wait_for(lock, stop, look_every, [this] { return !gathered_.empty() && problem_.empty(); });
        gatherDue(false);
        writeGathered(lock);
    }
    gatherDue(true);
    while (!gathered_.empty()) {
        writeGathered(lock);
        if (!problem_.empty()) break;
    }
    tellWhatIsLost();
}

// The log is the last place that may still take it.
void AuditTrail::tellWhatIsLost() const {
    if (gathered_.empty() && dropped_ == 0) return;
    log_.error("{} entries of the audit are lost, for it cannot be written: {}", gathered_.size() + dropped_, problem_);
    for (const auto& note : gathered_) log_.error("not in the audit: {}: {}: {}", note.who, note.what, note.outcome);
}

std::string AuditTrail::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

void AuditTrail::settle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return (gathered_.empty() && !writing_) || !problem_.empty(); });
}

}  // namespace standin::audit
