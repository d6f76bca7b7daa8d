#pragma once

#include <cstdint>
#include <string>

namespace ledger {

/// The entries on disk, one JSON object a line, in the order in which they were accepted.
class EntryLog {
  public:
    /// Opens or creates `path`. A last line that a crash cut short is removed: it was never acknowledged.
    /// Throws std::system_error.
    explicit EntryLog(std::string path);
    ~EntryLog();
    EntryLog(const EntryLog&) = delete;
    EntryLog& operator=(const EntryLog&) = delete;

    /// Appends the entry and waits until the disk has it; the answer is its sequence number, 1 for the first ever.
    /// Throws std::system_error when the disk refuses.
    std::uint64_t append(std::uint64_t number, const std::string& machine);

    std::uint64_t lastSequence() const { return last_sequence_; }

    /// Everything on disk, as JSON lines.
    std::string read() const;

  private:
    std::string path_;
    int descriptor_ = -1;
    std::uint64_t last_sequence_ = 0;
};

}  // namespace ledger
