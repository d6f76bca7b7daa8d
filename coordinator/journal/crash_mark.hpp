#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/domain/step.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::journal {

/// Which operation a process worked on when it died: a page of a file that is mapped into memory. To write there costs
/// nothing and needs no disk; the kernel keeps it when the process dies, however it does. (A host that dies loses it,
/// and that was no operation's doing.)
///
/// The thread that decides is marked whenever it works on an operation: it does so for microseconds, so a `kill -9` at
/// any moment meets it there once in a million. Steps take seconds; what their threads work on is written down only by
/// a process that crashes on that thread (a signal such as SIGSEGV, an assertion, std::terminate).
class CrashMark {
  public:
    /// Makes the file where there is none. What an earlier process has left there is read and removed.
    static base::Result<std::unique_ptr<CrashMark>> open(const std::string& path);
    ~CrashMark();
    CrashMark(const CrashMark&) = delete;
    CrashMark& operator=(const CrashMark&) = delete;

    /// Of the process before: what it worked on when it died; usually nothing.
    [[nodiscard]] const std::vector<domain::OperationId>& left() const { return left_; }

    void begins(Journal::Work work, domain::OperationId id) noexcept;
    void ends(Journal::Work work) noexcept;

    /// From now on a crash of this process writes down what the crashing thread worked on. Once, in main().
    static void watchSignals();

    struct Page;

  private:
    explicit CrashMark(Page* page) : page_(page) {}

    Page* page_;
    std::vector<domain::OperationId> left_;
};

}  // namespace standin::journal
