#include "tests/unit/image_store/store_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

namespace {

/// A store with image 'a'; the spare's path can be made to lead elsewhere while the store runs.
struct RedirectedStore : StoreFixture {
    std::string before;

    RedirectedStore() {
        captured("a");
        before = readFile(directory / "images/a/content");
    }
    std::string refusal() {
        const auto begun = store->restore(restoreId("r"), image("a"), disk("spare01"));
        BOOST_REQUIRE(!begun);
        BOOST_TEST((begun.error().code == base::ErrorCode::InvalidInput));
        BOOST_TEST((readFile(directory / "images/a/content") == before));
        return begun.error().message;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(disk_guard, RedirectedStore)

BOOST_AUTO_TEST_CASE(a_stored_image_is_not_overwritten_through_a_link_that_was_made_while_the_agent_runs) {
    fs::remove(directory / "spare01");
    fs::create_symlink(directory / "images/a/content", directory / "spare01");
    BOOST_TEST(refusal().find("images/a/content' of the image store") != std::string::npos);
    fs::remove(directory / "spare01");
    fs::create_hard_link(directory / "images/a/content", directory / "spare01");
    BOOST_TEST(refusal().find("images/a/content' of the image store") != std::string::npos);
    restart();  // and when the agent finds it so at its start
    BOOST_TEST(refusal().find("images/a/content' of the image store") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_disk_that_leads_to_another_machines_disk_is_not_written_to) {
    const auto servers = readFile(directory / "server01");
    fs::remove(directory / "spare01");
    fs::create_hard_link(directory / "server01", directory / "spare01");
    BOOST_TEST(refusal().find("is the same as") != std::string::npos);
    fs::rename(directory / "server01", directory / "elsewhere");  // its own path does not lead to it any more
    makeDisk(directory / "server01");
    BOOST_TEST(refusal().find("the disk of 'server01'") != std::string::npos);
    BOOST_TEST((readFile(directory / "elsewhere") == servers));
}

BOOST_AUTO_TEST_CASE(a_disk_that_was_exchanged_while_the_agent_runs_is_reported_and_used_only_after_a_restart) {
    fs::rename(directory / "spare01", directory / "was");
    makeDisk(directory / "spare01", 30 * block, 5);
    BOOST_TEST(refusal().find("another disk or file than when this agent first saw it") != std::string::npos);
    protocol::Health health;
    store->checkHealth(health);
    BOOST_TEST(!health.ok());
    BOOST_TEST((store->capture(image("b"), disk("spare01")).error().code == base::ErrorCode::InvalidInput));
    restart();
    BOOST_TEST(store->restore(restoreId("r"), image("a"), disk("spare01")).has_value());
}

BOOST_AUTO_TEST_CASE(a_disk_that_appears_while_the_agent_runs_is_remembered_from_its_first_use) {
    makeDisk(directory / "gone", 30 * block, 5);
    BOOST_REQUIRE(store->restore(restoreId("r1"), image("a"), disk("gone")));
    ended("r1");
    fs::rename(directory / "gone", directory / "was");
    makeDisk(directory / "gone", 30 * block, 5);
    BOOST_TEST(!store->restore(restoreId("r2"), image("a"), disk("gone")));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(precedence)

BOOST_FIXTURE_TEST_CASE(a_restore_begins_although_captures_occupy_every_slot, SlowStore) {
    BOOST_REQUIRE(store->capture(image("b"), disk("server01")));
    while (store->image(image("b"))->progress.total_bytes == 0) std::this_thread::yield();
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    while (store->restores().find(restoreId("r"))->state == protocol::RestoreState::Waiting) std::this_thread::yield();
    BOOST_TEST((store->restores().find(restoreId("r"))->state == protocol::RestoreState::Restoring));
}

BOOST_FIXTURE_TEST_CASE(a_capture_reads_nothing_while_a_restore_runs, ImageFixture) {
    makeDisk(directory / "disk");
    auto access = DiskAccess::open({disk("d"), directory / "disk"}, DiskAccess::Purpose::Read);
    auto draft = repository->create(image("a"), disk("d"), access->sizeBytes());
    TransferWatch watch(clock, throttle);
    std::atomic<bool> pausing = false;
    std::atomic<bool> ended = false;
    std::atomic<std::uint64_t> read_meanwhile = 1;
    TransferPool restores(1, 1);
    BOOST_REQUIRE(restores.submit([&] {
        while (!pausing && !ended) std::this_thread::yield();
        read_meanwhile = watch.progress().done_bytes;
    }));
    restores.start();
    const auto pause = [&] {
        pausing = true;
        restores.awaitRest(watch.stopToken());
    };
    BOOST_TEST(capture(*access, **draft, {block, pause}, watch).has_value());
    ended = true;
    restores.awaitRest({});
    BOOST_TEST(pausing.load());
    BOOST_TEST(read_meanwhile == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
