#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/domain/step.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::journal {

/// Records which operation a process works on, so that it is known after a crash: a page of a file that is mapped into
/// memory. Writing there costs nothing and needs no disk; the kernel keeps it when the process ends in any way. (It is
/// lost when the host crashes, which is not caused by an operation.)
///
/// The deciding thread is marked whenever it works on an operation. That takes microseconds, so a `kill -9` at any
/// moment rarely meets it. Steps take seconds, so the work of their threads is recorded only by a process that crashes
/// on that thread (a signal such as SIGSEGV, an assertion, std::terminate).
class CrashMark {
  public:
    /// Creates the file if necessary. The mark of an earlier process is read and removed.
    static base::Result<std::unique_ptr<CrashMark>> open(const std::string& path);
    ~CrashMark();
    CrashMark(const CrashMark&) = delete;
    CrashMark& operator=(const CrashMark&) = delete;

    /// What the previous process worked on when it crashed; usually empty.
    [[nodiscard]] const std::vector<domain::OperationId>& left() const { return left_; }

    void begins(Journal::Work work, domain::OperationId id) noexcept;
    void ends(Journal::Work work) noexcept;

    /// From now on a crash of this process records the work of the crashing thread. Once, in main().
    static void watchSignals();

    struct Page;

  private:
    explicit CrashMark(Page* page) : page_(page) {}

    Page* page_;
    std::vector<domain::OperationId> left_;
};

}  // namespace standin::journal
