#include "coordinator/journal/crash_mark.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "agent/base/regular_file.hpp"

namespace standin::journal {

struct CrashMark::Page {
    std::atomic<std::uint64_t> decision;  ///< the operation that the deciding thread works on; 0: none
    std::atomic<std::uint64_t> crash;     ///< the operation of a thread that crashed
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "a signal handler writes it, and another process reads it");

namespace {

constexpr std::size_t page_bytes = 4096;

std::atomic<CrashMark::Page*> crash_page{nullptr};  // signal handlers have no other way to find it
thread_local std::uint64_t at_work = 0;             // constant initialization: a signal handler may read it

void rememberCrash(int signal, siginfo_t* details, void* /*context*/) {
    // Only what may be done in a signal handler. It is reset by then, so returning dies of the same cause, by default.
    auto* page = crash_page.load();
    if (page != nullptr && at_work != 0) page->crash.store(at_work);
    // But a signal that was sent, such as systemd's watchdog's, does not come again by itself.
    if (details->si_code <= 0) ::raise(signal);
}

base::Unexpected failed(const std::string& path) {
    return base::failure(base::ErrorCode::Internal, fmt::format("could not use '{}': {}", path, std::strerror(errno)));
}

}  // namespace

base::Result<std::unique_ptr<CrashMark>> CrashMark::open(const std::string& path) {
    const auto file = base::openRegular(path, O_RDWR | O_CREAT, 0600);
    if (!file) return base::failure(file.error());
    // Its block is there from now on: a mapped page that finds no room on the disk would end the process.
    const int problem = ::posix_fallocate(file->get(), 0, page_bytes);
    void* mapped =
        problem == 0 ? ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file->get(), 0) : MAP_FAILED;
    if (problem != 0) errno = problem;
    const auto result = mapped == MAP_FAILED ? base::Result<void>(failed(path)) : base::Result<void>();
    if (!result) return base::failure(result.error());
    std::unique_ptr<CrashMark> mark(new CrashMark(static_cast<Page*>(mapped)));
    for (auto* left : {&mark->page_->decision, &mark->page_->crash}) {
        const auto id = left->exchange(0);
        if (id != 0 && (mark->left_.empty() || mark->left_.front() != id)) mark->left_.push_back(id);
    }
    crash_page = mark->page_;
    return mark;
}

CrashMark::~CrashMark() {
    auto* mine = page_;
    crash_page.compare_exchange_strong(mine, nullptr);
    ::munmap(page_, page_bytes);
}

void CrashMark::begins(Journal::Work work, domain::OperationId id) noexcept {
    at_work = id;
    if (work == Journal::Work::Decision) page_->decision.store(id);
}

void CrashMark::ends(Journal::Work work) noexcept {
    at_work = 0;
    if (work == Journal::Work::Decision) page_->decision.store(0);
}

void CrashMark::watchSignals() {
    struct sigaction action {};
    action.sa_sigaction = rememberCrash;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(signal, &action, nullptr);
}

}  // namespace standin::journal
