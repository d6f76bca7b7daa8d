#pragma once

#include <string>
#include <vector>

#include "agent/audit/audit_chain.hpp"
#include "agent/audit/repetitions.hpp"
#include "agent/base/result.hpp"
#include "agent/base/space_reserve.hpp"

namespace standin::audit {

/// An audit in files with one JSON line per entry, in ASCII only:
///
///     <path>        the newest entries     <path>.head   number and hash of the newest one
///     <path>.1 …    older ones, up to .8; then the oldest are forgotten
///     <path>.reserve   space for a day's entries on a full disk
///
/// The chain continues from file to file. A line that a crash has cut off is removed when the file is opened again, and
/// an entry records that. Not thread-safe.
class AuditFile {
  public:
    /// `largest`: the size in bytes at which a new file is started.
    explicit AuditFile(std::string path, std::uint64_t largest = 8U << 20);
    ~AuditFile();
    AuditFile(const AuditFile&) = delete;
    AuditFile& operator=(const AuditFile&) = delete;

    /// Finds the chain's end. Internal: the file cannot be opened. Idempotent.
    base::Result<void> open();
    /// Durable when it succeeds.
    base::Result<void> append(const std::vector<Note>& notes);

  private:
    base::Result<void> mendEnd();
    base::Result<void> appendOnce(const std::vector<Note>& notes);
    base::Result<void> writeLines(const std::vector<Note>& notes);
    base::Result<void> failed(const char* what);
    void rotate();

    const std::string path_;
    const std::uint64_t largest_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
    AuditMark last_;
    std::vector<Note> remarks_;  ///< to be written first
    base::SpaceReserve reserve_;
    bool disk_is_full_ = false;  ///< the reason of the last failure
};

/// Verifies the files of an audit, even while they are written. `mark`: an entry that must exist unchanged. NotFound:
/// there is no audit.
base::Result<Verifier> verifyFiles(const std::string& path, const std::optional<AuditMark>& mark = {});

}  // namespace standin::audit
