#include "coordinator/traps/trap_log.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "coordinator/traps/trap_backlog.hpp"
#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;
using standin::base::WallTime;

namespace {

struct Directory {
    std::filesystem::path path;
    Directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-traps-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string file() const { return path / "traps.sqlite"; }
};

Trap arrived(const std::string& trap_oid, std::chrono::seconds at) {
    Trap made = trap(trap_oid);
    made.arrived_at = WallTime(std::chrono::hours(24 * 365 * 50) + at);
    return made;
}

void recordIn(TrapLog& log, Trap made, Verdict::Outcome outcome = Verdict::Outcome::NoRule,
              const std::string& server = "") {
    TrapRecord record;
    record.id = log.idFor(made);
    record.last_arrived = made.arrived_at;
    record.verdict.outcome = outcome;
    record.verdict.reason = "because";
    if (!server.empty()) record.verdict.server = standin::base::ServerName(server);
    record.trap = std::move(made);
    log.record(std::move(record));
}

/// No file of this process grows beyond so many bytes, as on a full disk, until it is lifted.
class LimitedFiles {
  public:
    explicit LimitedFiles(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit tight{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &tight);
    }
    ~LimitedFiles() { lift(); }
    LimitedFiles(const LimitedFiles&) = delete;
    LimitedFiles& operator=(const LimitedFiles&) = delete;
    void lift() const { ::setrlimit(RLIMIT_FSIZE, &before_); }

  private:
    rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(trap_log)

BOOST_AUTO_TEST_CASE(what_is_recorded_is_there_again_after_a_restart_with_ids_that_go_on) {
    const Directory directory;
    {
        auto log = openSqliteTrapLog(directory.file()).value();
        Trap made = arrived("1.3.6.1.4.1.9.1", std::chrono::seconds(0));
        made.varbinds.push_back(octets("1.3.6.1.4.1.9.2", std::string("\xff\x00 not text", 11)));
        recordIn(*log, made, Verdict::Outcome::Failure, "server01");
        recordIn(*log, arrived("1.3.6.1.4.1.9.3", std::chrono::seconds(1)));
    }
    auto log = openSqliteTrapLog(directory.file()).value();
    const auto all = log->list({}).value();
    BOOST_REQUIRE(all.size() == 2U);
    BOOST_TEST(all[0].id == 2U);
    BOOST_TEST(all[1].trap.varbinds.at(0).bytes == std::string("\xff\x00 not text", 11));
    BOOST_TEST(all[1].verdict.server.text() == "server01");
    BOOST_TEST(log->idFor(arrived("1.3.6.1.4.1.9.4", std::chrono::seconds(2))) == 3U);
    BOOST_TEST((log->find(1).value().verdict.outcome == Verdict::Outcome::Failure));
    BOOST_TEST((log->find(99).error().code == standin::base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(equal_traps_are_counted_on_one_record_also_across_batches) {
    const Directory directory;
    auto log = openSqliteTrapLog(directory.file()).value();
    for (int batch = 0; batch < 3; ++batch) {
        for (int i = 0; i < 10; ++i) recordIn(*log, arrived("1.3.6.1.4.1.9.1", std::chrono::seconds(batch)));
        BOOST_TEST(log->list({}).value().size() == 1U);  // listing writes what waits
    }
    const auto one = log->list({}).value().at(0);
    BOOST_TEST(one.trap.count == 30U);
    BOOST_TEST((one.last_arrived == arrived("1.3.6.1.4.1.9.1", std::chrono::seconds(2)).arrived_at));
    BOOST_TEST(log->counts().coalesced == 29U);
}

BOOST_AUTO_TEST_CASE(after_a_long_silence_an_equal_trap_is_news) {
    TrapBacklog backlog(1);
    BOOST_TEST(backlog.idFor(arrived("1.3.6.1.4.1.9.1", std::chrono::minutes(0))) == 1U);
    BOOST_TEST(backlog.idFor(arrived("1.3.6.1.4.1.9.1", std::chrono::minutes(9))) == 1U);
    BOOST_TEST(backlog.idFor(arrived("1.3.6.1.4.1.9.1", std::chrono::minutes(18))) == 1U);
    BOOST_TEST(backlog.idFor(arrived("1.3.6.1.4.1.9.1", std::chrono::minutes(29))) == 2U);
}

BOOST_AUTO_TEST_CASE(a_backlog_is_bounded_and_keeps_failures_longest) {
    TrapBacklog backlog(1);
    const auto add = [&](int i, Verdict::Outcome outcome) {
        Trap made = trap("1.3.6.1.4.1.9." + std::to_string(i));
        made.varbinds.push_back(octets("1.3.6.1.4.1.9.2", std::string(1000, 'x')));
        TrapRecord record;
        record.id = backlog.idFor(made);
        record.verdict.outcome = outcome;
        record.trap = std::move(made);
        return backlog.add(std::move(record));
    };
    int taken = 0;
    while (add(taken, Verdict::Outcome::NoRule)) ++taken;
    BOOST_TEST(taken < 12'000);
    BOOST_TEST(!add(taken + 1, Verdict::Outcome::NoRule));
    BOOST_TEST(add(taken + 2, Verdict::Outcome::Failure));
    BOOST_TEST(backlog.take().size() == static_cast<std::size_t>(taken) + 1);
    BOOST_TEST(add(taken + 3, Verdict::Outcome::NoRule));
}

BOOST_AUTO_TEST_CASE(a_batch_that_could_not_be_written_is_kept_with_its_repeats) {
    TrapBacklog backlog(1);
    const auto add = [&] {
        TrapRecord record;
        record.trap = trap("1.3.6.1.4.1.9.1");
        record.id = backlog.idFor(record.trap);
        backlog.add(std::move(record));
    };
    add();
    auto failed = backlog.take();
    add();
    BOOST_TEST(backlog.putBack(std::move(failed)) == 0U);
    const auto again = backlog.take();
    BOOST_REQUIRE(again.size() == 1U);
    BOOST_TEST(again[0].fresh);
    BOOST_TEST(again[0].record.trap.count == 2U);
}

BOOST_AUTO_TEST_CASE(what_the_disk_does_not_take_is_told_with_the_disks_words_and_written_later) {
    const Directory directory;
    auto log = openSqliteTrapLog(directory.file()).value();
    const LimitedFiles limited(64U << 10);
    for (int number = 1; number <= 40; ++number) {
        Trap made = arrived("1.3.6.1.4.1.9." + std::to_string(number), std::chrono::seconds(number));
        made.varbinds.push_back(octets("1.3.6.1.4.1.9.2", std::string(8192, 'x')));
        recordIn(*log, made);
    }
    while (log->counts().problem.empty()) std::this_thread::yield();
    BOOST_TEST(log->counts().problem.find("the trap log cannot be written") == 0U);
    BOOST_TEST(log->counts().problem.find("rollback") == std::string::npos, log->counts().problem);
    limited.lift();
    while (!log->counts().problem.empty()) std::this_thread::yield();
    BOOST_TEST(log->counts().problem.empty());
    BOOST_TEST(log->list({}).value().size() == 40U);
}

BOOST_AUTO_TEST_CASE(records_are_listed_newest_first_by_page_outcome_and_server) {
    const Directory directory;
    auto log = openSqliteTrapLog(directory.file()).value();
    for (int i = 1; i <= 6; ++i) {
        recordIn(*log, arrived("1.3.6.1.4.1.9." + std::to_string(i), std::chrono::seconds(i)),
                 i % 2 == 0 ? Verdict::Outcome::Failure : Verdict::Outcome::NoRule, i <= 3 ? "server01" : "server02");
    }
    const auto page = log->list({.limit = 2, .before = 5, .outcome = {}, .server = {}}).value();
    BOOST_REQUIRE(page.size() == 2U);
    BOOST_TEST(page[0].id == 4U);
    BOOST_TEST(page[1].id == 3U);
    BOOST_TEST(
        log->list({.limit = 10, .before = {}, .outcome = Verdict::Outcome::Failure, .server = {}}).value().size() ==
        3U);
    BOOST_TEST(log->list({.limit = 10, .before = {}, .outcome = {}, .server = standin::base::ServerName("server01")})
                   .value()
                   .size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_opened_says_which_file) {
    const auto log = openSqliteTrapLog("/nowhere/at/all/traps.sqlite");
    BOOST_REQUIRE(!log);
    BOOST_TEST(log.error().message.find("/nowhere/at/all/traps.sqlite") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_that_were_given_are_not_given_again_after_a_crash) {
    const Directory directory;
    const pid_t child = ::fork();
    if (child == 0) {  // dies before what it has is written
        auto log = openSqliteTrapLog(directory.file()).value();
        for (int i = 0; i < 50; ++i) log->idFor(arrived("1.3.6.1.4.1.9." + std::to_string(i), std::chrono::seconds(0)));
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    std::uint64_t next = 0;
    {
        auto log = openSqliteTrapLog(directory.file()).value();
        next = log->idFor(arrived("1.3.6.1.4.1.9.1", std::chrono::seconds(1)));
        BOOST_TEST(next > 50U);
    }
    auto log = openSqliteTrapLog(directory.file()).value();  // and an orderly end leaves none out
    BOOST_TEST(log->idFor(arrived("1.3.6.1.4.1.9.1", std::chrono::seconds(2))) == next + 1);
}

BOOST_AUTO_TEST_CASE(a_record_is_acknowledged_when_it_is_written_and_not_while_the_disk_takes_nothing) {
    const Directory directory;
    auto log = openSqliteTrapLog(directory.file()).value();
    std::atomic<int> acknowledged = 0;
    const auto inform = [&](const std::string& oid) {
        Trap made = arrived(oid, std::chrono::seconds(0));
        made.acknowledge.push_back([&] { ++acknowledged; });
        return made;
    };
    {
        const LimitedFiles full(1);
        recordIn(*log, inform("1.3.6.1.4.1.9.1"));
        static_cast<void>(log->list({}));  // writes what waits, or tries to
        BOOST_TEST(!log->counts().problem.empty());
        BOOST_TEST(acknowledged == 0);
    }
    recordIn(*log, inform("1.3.6.1.4.1.9.1"));  // as its sender repeats it
    BOOST_REQUIRE(log->list({}).has_value());
    BOOST_TEST(acknowledged == 1);
    BOOST_TEST(log->counts().problem.empty());
}

BOOST_AUTO_TEST_SUITE_END()
