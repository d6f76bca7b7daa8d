#include "coordinator/journal/crash_mark.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <thread>

#include "coordinator/journal/sqlite_journal.hpp"
#include "tests/unit/coordinator_journal/journal_directory.hpp"

using namespace standin;
using journal::SqliteJournal;
using tests::JournalDirectory;

BOOST_AUTO_TEST_SUITE(crash_mark)

namespace {

/// Runs `act` in a process that then ends, and returns what the next process reads of it.
std::map<domain::OperationId, unsigned> crashesAfter(const JournalDirectory& directory, void (*act)(SqliteJournal&)) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        journal::CrashMark::watchSignals();
        SqliteJournal journal(directory.journal());
        if (journal.open()) act(journal);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    SqliteJournal journal(directory.journal());
    const auto contents = journal.open();
    BOOST_REQUIRE(contents.has_value());
    return contents->crashes;
}

using Work = journal::Journal::Work;
using Crashes = std::map<domain::OperationId, unsigned>;

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_process_decided_on_when_it_died_is_counted_however_it_died) {
    const JournalDirectory directory;
    const auto killed = [](SqliteJournal& journal) {
        journal.begins(Work::Decision, 17);
        ::kill(::getpid(), SIGKILL);
    };
    const auto aborted = [](SqliteJournal& journal) {
        const journal::AtWork at_work(journal, Work::Decision, 17);
        ::abort();
    };
    BOOST_TEST((crashesAfter(directory, killed) == Crashes{{17, 1}}));
    BOOST_TEST((crashesAfter(directory, aborted) == Crashes{{17, 2}}));
}

// As systemd's watchdog sends one to a program that hangs: it is to end now, and not at the end of systemd's patience.
BOOST_AUTO_TEST_CASE(a_deadly_signal_that_somebody_sends_is_deadly_the_first_time) {
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS}) {
        const pid_t child = ::fork();
        if (child == 0) {
            const rlimit none{0, 0};
            ::setrlimit(RLIMIT_CORE, &none);
            journal::CrashMark::watchSignals();
            ::kill(::getpid(), signal);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        BOOST_TEST(WIFSIGNALED(status));
        BOOST_TEST(WTERMSIG(status) == signal);
    }
}

BOOST_AUTO_TEST_CASE(a_step_counts_only_where_its_own_thread_crashed) {
    const JournalDirectory directory;
    const auto killed = [](SqliteJournal& journal) {  // by a person, while a step that takes seconds is under way
        journal.begins(Work::Step, 17);
        ::kill(::getpid(), SIGKILL);
    };
    const auto elsewhere = [](SqliteJournal& journal) {
        journal.begins(Work::Step, 17);
        std::thread([] { ::abort(); }).join();
    };
    const auto terminated = [](SqliteJournal& journal) {
        std::thread([&] {
            const journal::AtWork at_work(journal, Work::Step, 18);
            std::terminate();
        }).join();
    };
    BOOST_TEST((crashesAfter(directory, killed) == Crashes{}));
    BOOST_TEST((crashesAfter(directory, elsewhere) == Crashes{}));
    BOOST_TEST((crashesAfter(directory, terminated) == Crashes{{18, 1}}));
}

BOOST_AUTO_TEST_CASE(work_that_has_ended_is_counted_for_nobody) {
    const JournalDirectory directory;
    const auto done = [](SqliteJournal& journal) {
        { const journal::AtWork at_work(journal, Work::Decision, 17); }
        { const journal::AtWork at_work(journal, Work::Step, 17); }
        ::abort();
    };
    BOOST_TEST((crashesAfter(directory, done) == Crashes{}));
}

BOOST_AUTO_TEST_SUITE_END()
