#include <sys/wait.h>
#include <unistd.h>

#include "agent/image_store/image_store.hpp"
#include "tests/integration/image_store/commands.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

// kill -9 at moments spread over a capture, a restore and a removal, then a start over what is left.

namespace {

struct CrashFixture {
    tests::TemporaryDirectory directory;
    base::SystemClock clock;
    ImageStoreSettings settings;

    CrashFixture() {
        tests::writeFile(directory / "server01", noise(6U << 20, 1));
        tests::writeFile(directory / "spare01", noise(7U << 20, 2));
        settings.images_dir = directory / "images";
        settings.least_free_bytes = 0;
        settings.disks = {{disk("server01"), directory / "server01"}, {disk("spare01"), directory / "spare01"}};
    }

    /// Runs `work` in a process of its own and kills it `microseconds` after it began; false if it had ended by then.
    template <typename Work>
    bool killedWhile(long microseconds, Work work) {
        int ready[2];
        BOOST_REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
        pid_t pid = ::fork();
        if (pid == 0) {
            ImageStore store(settings, clock, silent());
            bool started = store.start().has_value();
            [[maybe_unused]] auto told = ::write(ready[1], "x", 1);
            if (started) work(store);
            ::_exit(0);
        }
        char c = 0;
        BOOST_REQUIRE(::read(ready[0], &c, 1) == 1);
        ::usleep(static_cast<useconds_t>(microseconds));  // the moment is what is varied; nothing is awaited
        ::kill(pid, SIGKILL);
        int status = 0;
        ::waitpid(pid, &status, 0);
        ::close(ready[0]);
        ::close(ready[1]);
        return WIFSIGNALED(status);
    }
    static void waitFor(ImageStore& store, const char* id) {
        while (store.image(image(id))->state == protocol::ImageState::Capturing) std::this_thread::yield();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_FIXTURE_TEST_CASE(after_kill_9_an_image_is_there_whole_or_not_at_all, CrashFixture) {
    bool ended = false;
    unsigned killed = 0;
    for (long moment = 0; !ended && moment < 2'000'000; moment += moment < 20'000 ? 1'500 : moment / 4) {
        bool while_working = killedWhile(moment, [](ImageStore& store) {
            [[maybe_unused]] auto begun = store.capture(image("a"), disk("server01"));
            waitFor(store, "a");
            [[maybe_unused]] auto removed = store.remove(image("a"));
            begun = store.capture(image("a"), disk("server01"));
            waitFor(store, "a");
        });
        killed += while_working ? 1 : 0;
        ended = !while_working;
        ImageStore store(settings, clock, silent());
        auto started = store.start();
        BOOST_REQUIRE_MESSAGE(started, why(started));
        for (const auto& one : store.images()) {
            if (one.state == protocol::ImageState::Failed) {
                BOOST_TEST(one.problem.find("interrupted") != std::string::npos, one.problem);
                BOOST_TEST((one.disk == disk("server01")));
                BOOST_TEST(!fs::exists(directory / "images/a"));
                continue;
            }
            BOOST_TEST((one.state == protocol::ImageState::Ready), one.problem);
            auto content = store.open(one.id);
            BOOST_REQUIRE(content);
            std::vector<std::byte> bytes(block);
            for (std::uint64_t index = 0; index < (*content)->manifest().blocks(); ++index)
                BOOST_TEST((*content)->readBlock(index, bytes).has_value());
        }
        if (store.images().empty()) BOOST_TEST(!fs::exists(directory / "images/a"));
        BOOST_REQUIRE(store.remove(image("a")));
    }
    BOOST_TEST(killed > 5U);
}

BOOST_FIXTURE_TEST_CASE(after_kill_9_a_restore_is_done_or_failed_and_repeating_it_gives_the_image, CrashFixture) {
    {
        ImageStore store(settings, clock, silent());
        BOOST_REQUIRE(store.start());
        BOOST_REQUIRE(store.capture(image("a"), disk("server01")));
        waitFor(store, "a");
    }
    const auto wanted = readFile(directory / "server01") + std::string(1U << 20, '\0');
    bool ended = false;
    int number = 0;
    for (long moment = 0; !ended && moment < 2'000'000; moment += moment < 20'000 ? 3'000 : moment / 3) {
        tests::writeFile(directory / "spare01", noise(7U << 20, 2));
        const base::RestoreId id("r" + std::to_string(++number));
        auto finish = [&](ImageStore& store) {
            if (!store.restore(id, image("a"), disk("spare01"))) return;
            while (true) {
                auto state = store.restores().find(id)->state;
                if (state == protocol::RestoreState::Done || state == protocol::RestoreState::Failed) return;
                std::this_thread::yield();
            }
        };
        ended = !killedWhile(moment, finish);
        ImageStore store(settings, clock, silent());
        BOOST_REQUIRE(store.start());
        if (auto known = store.restores().find(id)) {
            BOOST_TEST(
                (known->state == protocol::RestoreState::Done || known->state == protocol::RestoreState::Failed));
            if (known->state == protocol::RestoreState::Done) BOOST_TEST((readFile(directory / "spare01") == wanted));
        } else {
            BOOST_TEST((readFile(directory / "spare01") == noise(7U << 20, 2)));  // never begun: never touched
        }
        finish(store);
        BOOST_TEST((store.restores().find(id)->state == protocol::RestoreState::Done));
        BOOST_TEST((readFile(directory / "spare01") == wanted));
    }
    BOOST_TEST(number > 3);
}

BOOST_AUTO_TEST_SUITE_END()
