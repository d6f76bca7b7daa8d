#include "agent/audit/audit_trail.hpp"

#include <boost/test/unit_test.hpp>
#include <future>

using namespace standin;
using namespace std::chrono_literals;
using audit::AuditTrail;
using audit::Note;

namespace {

struct Written {
    base::SystemClock clock;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    std::mutex mutex;
    std::vector<Note> notes;
    bool full = false;
    AuditTrail trail{clock,
                     [this](const std::vector<Note>& some) -> base::Result<void> {
                         const std::lock_guard lock(mutex);
                         if (full) return base::failure(base::ErrorCode::Internal, "the disk is full");
                         notes.insert(notes.end(), some.begin(), some.end());
                         return {};
                     },
                     silent};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_trail)

BOOST_FIXTURE_TEST_CASE(what_is_added_is_written_and_fit_for_one_line, Written) {
    trail.start();
    trail.add("certificate 'a\nb'", "GET /\xff\x1b[2J", "refused", 60s);
    trail.settle();
    trail.stop();
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    for (const auto& text : {notes[0].who, notes[0].what}) {
        BOOST_TEST(text.find('\n') == std::string::npos);
        BOOST_TEST(text.find('\x1b') == std::string::npos);
        BOOST_TEST(text.find('\xff') == std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(what_was_counted_is_written_at_the_end, Written) {
    trail.start();
    for (int i = 0; i < 5; ++i) trail.add("a", "b", "c", 3600s);
    trail.stop();
    BOOST_REQUIRE_EQUAL(notes.size(), 2U);
    BOOST_TEST(notes[1].outcome.find("4 more times") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_full_loses_nothing_that_can_be_kept, Written) {
    full = true;
    trail.start();
    trail.add("a", "first", "c", 60s);
    trail.settle();
    BOOST_TEST(trail.problem() == "the disk is full");
    trail.add("a", "second", "c", 60s);
    {
        const std::lock_guard lock(mutex);
        full = false;
    }
    trail.stop();
    BOOST_REQUIRE_EQUAL(notes.size(), 2U);
    BOOST_TEST(notes[0].what == "first");
    BOOST_TEST(notes[1].what == "second");
}

BOOST_FIXTURE_TEST_CASE(who_adds_never_waits_for_a_disk_that_hangs, Written) {
    std::promise<void> hangs, mended;
    const auto until = mended.get_future().share();
    std::once_flag first;
    AuditTrail slow(
        clock,
        [&](const std::vector<Note>&) -> base::Result<void> {
            std::call_once(first, [&] { hangs.set_value(); });
            until.wait();
            return {};
        },
        silent);
    slow.start();
    slow.add("a", "first", "c", 60s);
    hangs.get_future().wait();
    slow.add("a", "second", "c", 60s);  // or the test would not end
    mended.set_value();
    slow.stop();
    BOOST_TEST(slow.problem().empty());
}

BOOST_AUTO_TEST_SUITE_END()
