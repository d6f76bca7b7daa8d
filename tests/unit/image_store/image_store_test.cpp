#include "agent/base/durable_file.hpp"
#include "tests/unit/image_store/store_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
using protocol::ImageState;
using protocol::RestoreState;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(store)

BOOST_FIXTURE_TEST_CASE(a_capture_becomes_an_image_and_a_restore_of_it_an_equal_disk, StoreFixture) {
    auto a = captured("a");
    BOOST_TEST((a.state == ImageState::Ready));
    BOOST_TEST(a.stored_bytes == 3 * block);
    BOOST_TEST(a.checksum.size() == 64U);
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    auto restore = ended("r");
    BOOST_TEST((restore.state == RestoreState::Done), restore.problem);
    BOOST_TEST((readFile(directory / "spare01").substr(0, 20 * block + 512) == readFile(directory / "server01")));
}

BOOST_FIXTURE_TEST_CASE(capturing_the_same_again_answers_the_image_and_another_disk_conflicts, StoreFixture) {
    auto first = captured("a");
    auto again = store->capture(image("a"), disk("server01"));
    BOOST_REQUIRE(again);
    BOOST_TEST(again->created_at == first.created_at);
    BOOST_TEST((store->capture(image("a"), disk("spare01")).error().code == base::ErrorCode::Conflict));
}

BOOST_FIXTURE_TEST_CASE(unknown_disks_and_images_are_not_found, StoreFixture) {
    BOOST_TEST((store->capture(image("a"), disk("nobody")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST((store->capture(image("a"), disk("gone")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST((store->restore(restoreId("r"), image("a"), disk("spare01")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST((store->restores().find(restoreId("r")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST((store->image(image("a")).error().code == base::ErrorCode::NotFound));
}

BOOST_FIXTURE_TEST_CASE(an_image_that_is_as_it_was_captured_is_verified_as_intact, StoreFixture) {
    captured("a");
    BOOST_TEST((store->verification(image("a")).error().code == base::ErrorCode::NotFound));
    auto told = verified("a");
    BOOST_TEST((told.state == protocol::VerificationState::Intact), told.problem);
    BOOST_TEST(told.problem.empty());
    BOOST_TEST(!told.ended_at.empty());
    BOOST_TEST(told.progress.done_bytes == 3 * block);
}

BOOST_FIXTURE_TEST_CASE(every_damaged_block_is_counted_and_the_first_one_named, StoreFixture) {
    captured("a");
    flip(directory / "images/a/content", 2 * block + 9);
    flip(directory / "images/a/content", 3 * block + 9);
    auto told = verified("a");
    BOOST_TEST((told.state == protocol::VerificationState::Damaged));
    BOOST_TEST(told.damaged_blocks == 2U);
    BOOST_TEST(told.problem.find("the first: block 2 (byte 131072) of image 'a'") != std::string::npos, told.problem);
    BOOST_TEST(told.problem.find("capture its server again") != std::string::npos);
    flip(directory / "images/a/content", 2 * block + 9);
    flip(directory / "images/a/content", 3 * block + 9);
    BOOST_TEST((verified("a").state == protocol::VerificationState::Intact));  // begun anew
}

BOOST_FIXTURE_TEST_CASE(a_damaged_table_of_checksums_is_found_also_where_it_tells_of_zeros, StoreFixture) {
    captured("a");
    flip(directory / "images/a/manifest", manifest_header_bytes + 10 * sizeof(Checksum));
    auto told = verified("a");
    BOOST_TEST((told.state == protocol::VerificationState::Damaged));
    BOOST_TEST(told.problem.find("do not give its whole checksum") != std::string::npos, told.problem);
}

BOOST_FIXTURE_TEST_CASE(an_image_that_is_not_there_or_cannot_be_opened_is_not_verified, StoreFixture) {
    BOOST_TEST((store->verify(image("a")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST((store->verification(image("a")).error().code == base::ErrorCode::NotFound));
    captured("a");
    fs::resize_file(directory / "images/a/content", block);
    BOOST_TEST((store->verify(image("a")).error().code == base::ErrorCode::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_verification_waits_for_restores_and_is_no_obstacle_to_a_deletion, SlowStore) {
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));  // crawls
    BOOST_REQUIRE(store->verify(image("a")));
    auto again = store->verify(image("a"));
    BOOST_REQUIRE(again);
    BOOST_TEST(again->progress.done_bytes == 0U);
    store->cancelRestore(restoreId("r"));
    BOOST_REQUIRE(store->verify(image("a")));
    BOOST_TEST(store->remove(image("a")).has_value());
    BOOST_TEST((store->verification(image("a")).error().code == base::ErrorCode::NotFound));
}

BOOST_FIXTURE_TEST_CASE(a_store_stops_while_a_verification_waits_for_a_restore, SlowStore) {
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    BOOST_REQUIRE(store->verify(image("a")));
    restart();
    BOOST_TEST((store->verification(image("a")).error().code == base::ErrorCode::NotFound));
}

BOOST_FIXTURE_TEST_CASE(a_restore_is_done_once_for_an_id, StoreFixture) {
    captured("a");
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    ended("r");
    overwrite(directory / "spare01", 0, "what the spare wrote since");
    auto again = store->restore(restoreId("r"), image("a"), disk("spare01"));
    BOOST_REQUIRE(again);
    BOOST_TEST((again->state == RestoreState::Done));
    BOOST_TEST(readFile(directory / "spare01").starts_with("what the spare wrote since"));
    BOOST_TEST(
        (store->restore(restoreId("r"), image("a"), disk("server01")).error().code == base::ErrorCode::Conflict));
}

BOOST_FIXTURE_TEST_CASE(a_restore_is_remembered_across_a_restart, StoreFixture) {
    captured("a");
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    ended("r");
    restart();
    BOOST_TEST((store->restores().find(restoreId("r"))->state == RestoreState::Done));
}

BOOST_FIXTURE_TEST_CASE(a_restore_interrupted_by_a_stop_has_failed_and_begins_anew_when_repeated, SlowStore) {
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    settings.bandwidth_bytes_per_second = 0;
    restart();
    auto interrupted = store->restores().find(restoreId("r"));
    BOOST_REQUIRE(interrupted);
    BOOST_TEST((interrupted->state == RestoreState::Failed));
    BOOST_TEST(interrupted->problem.find("interrupted") != std::string::npos);
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    BOOST_TEST((ended("r").state == RestoreState::Done));
}

BOOST_FIXTURE_TEST_CASE(a_record_of_a_restore_that_had_begun_means_failed_after_a_crash, StoreFixture) {
    protocol::Restore record{restoreId("r"), image("a"), disk("spare01"), RestoreState::Waiting, {}, {}};
    BOOST_REQUIRE(base::writeDurably(directory / "images/.restores/r.json", protocol::toJson(record).dump()));
    tests::writeFile(directory / "images/.restores/broken.json", "{");
    restart();
    BOOST_TEST((store->restores().find(restoreId("r"))->state == RestoreState::Failed));
    BOOST_TEST(store->restores().list().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_disk_being_restored_is_refused_to_others_and_free_after_cancelling, SlowStore) {
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    BOOST_TEST((store->restore(restoreId("s"), image("a"), disk("spare01")).error().code == base::ErrorCode::Refused));
    BOOST_TEST((store->capture(image("b"), disk("spare01")).error().code == base::ErrorCode::Refused));
    BOOST_TEST(store->disks()[1].in_use);
    store->cancelRestore(restoreId("r"));
    BOOST_TEST((store->restores().find(restoreId("r"))->state == RestoreState::Cancelled));
    BOOST_TEST(!store->disks()[1].in_use);
    store->cancelRestore(restoreId("r"));
    store->cancelRestore(restoreId("never"));
}

BOOST_FIXTURE_TEST_CASE(an_image_being_restored_is_not_deleted, SlowStore) {
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    BOOST_REQUIRE(store->verify(image("a")));
    BOOST_TEST((store->remove(image("a")).error().code == base::ErrorCode::Conflict));
    BOOST_TEST(store->verification(image("a")).has_value());  // what was refused has broken nothing off
    store->cancelRestore(restoreId("r"));
    BOOST_TEST(store->remove(image("a")).has_value());
    BOOST_TEST(store->remove(image("a")).has_value());
    BOOST_TEST(store->images().empty());
}

BOOST_FIXTURE_TEST_CASE(more_transfers_than_may_wait_are_refused_and_leave_nothing, SlowStore) {
    makeDisk(directory / "third");
    makeDisk(directory / "fourth");
    settings.disks.push_back({disk("third"), directory / "third"});
    settings.disks.push_back({disk("fourth"), directory / "fourth"});
    restart();
    BOOST_REQUIRE(store->restore(restoreId("r1"), image("a"), disk("spare01")));
    while (store->restores().find(restoreId("r1"))->state == RestoreState::Waiting) std::this_thread::yield();
    BOOST_REQUIRE(store->restore(restoreId("r2"), image("a"), disk("third")));
    BOOST_TEST((store->restores().find(restoreId("r2"))->state == RestoreState::Waiting));
    BOOST_TEST((store->restore(restoreId("r3"), image("a"), disk("fourth")).error().code == base::ErrorCode::Refused));
    BOOST_TEST((store->restores().find(restoreId("r3")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST(store->capture(image("c"), disk("server01")).has_value());  // captures wait in a queue of their own
    while (store->image(image("c"))->progress.total_bytes == 0) std::this_thread::yield();
    BOOST_TEST(store->capture(image("d"), disk("fourth")).has_value());
    makeDisk(directory / "gone");
    BOOST_TEST((store->capture(image("e"), disk("gone")).error().code == base::ErrorCode::Refused));
    BOOST_TEST((store->image(image("e")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST(!fs::exists(directory / "images/e"));
    store->cancelRestore(restoreId("r2"));  // one that waits need not wait to be cancelled
    BOOST_TEST((store->restores().find(restoreId("r2"))->state == RestoreState::Cancelled));
}

BOOST_FIXTURE_TEST_CASE(deleting_an_image_that_is_being_captured_cancels_the_capture, SlowStore) {
    tests::writeFile(directory / "server01", noise(64 * block, 5));  // more than the piece that passes at once
    auto begun = store->capture(image("b"), disk("server01"));
    BOOST_REQUIRE(begun);
    BOOST_TEST((begun->state == ImageState::Capturing));
    BOOST_TEST((store->open(image("b")).error().code == base::ErrorCode::WrongState));
    BOOST_REQUIRE(store->remove(image("b")));
    BOOST_TEST((store->image(image("b")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST(!fs::exists(directory / "images/b"));
    BOOST_TEST(!store->disks()[0].in_use);
}

BOOST_FIXTURE_TEST_CASE(a_capture_that_failed_says_why_and_may_be_repeated, StoreFixture) {
    settings.least_free_bytes = 1ULL << 60;
    restart();
    auto refused = store->capture(image("a"), disk("server01"));
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("delete old images") != std::string::npos);
    settings.least_free_bytes = 0;
    restart();
    BOOST_TEST((captured("a").state == ImageState::Ready));
}

BOOST_FIXTURE_TEST_CASE(health_tells_a_full_disk_damaged_images_and_missing_disks, StoreFixture) {
    captured("a");
    protocol::Health well;
    store->checkHealth(well);
    BOOST_TEST(well.ok());
    BOOST_REQUIRE(well.warnings.size() == 1U);
    BOOST_TEST(well.warnings[0].find("gone") != std::string::npos);
    fs::remove(directory / "images/a/content");
    settings.least_free_bytes = 1ULL << 60;
    restart();
    protocol::Health ill;
    store->checkHealth(ill);
    BOOST_REQUIRE(ill.checks.size() == 4U);
    for (const auto& check : ill.checks) {
        if (check.name == "images intact" || check.name == "images writable") continue;
        BOOST_TEST(!check.ok);
        BOOST_TEST(!check.cure.empty());
    }
    BOOST_TEST((store->image(image("a"))->state == ImageState::Corrupt));
    BOOST_TEST((store->restore(restoreId("r"), image("a"), disk("spare01")).error().code == base::ErrorCode::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_disk_named_in_the_order_of_its_finding_is_warned_of, StoreFixture) {
    settings.disks = {{disk("a"), "/dev/sdzz"}, {disk("b"), "/dev/disk/by-id/none"}};
    restart();
    protocol::Health health;
    store->checkHealth(health);
    BOOST_REQUIRE(health.warnings.size() == 3U);  // both are absent besides
    BOOST_TEST(health.warnings[2].find("disk 'a'") != std::string::npos);
    BOOST_TEST(health.warnings[2].find("/dev/disk/by-id") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(many_ended_restores_are_kept_within_a_limit, StoreFixture) {
    captured("a");
    for (int i = 0; i < 260; ++i) {
        auto id = "r" + std::to_string(i);
        BOOST_REQUIRE(store->restore(restoreId(id), image("a"), disk("spare01")));
        ended(id);
    }
    BOOST_TEST(store->restores().list().size() == 256U);
    BOOST_TEST(!store->restores().find(restoreId("r0")));
    BOOST_TEST(store->restores().find(restoreId("r259")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
