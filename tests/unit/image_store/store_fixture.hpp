#pragma once

#include "agent/image_store/image_store.hpp"
#include "tests/unit/image_store/image_fixture.hpp"

namespace standin::image_store {

inline base::RestoreId restoreId(const std::string& name) {
    return base::RestoreId(name);
}

/// An image store with the disks of a server and a spare, and one that is absent.
struct StoreFixture {
    tests::TemporaryDirectory directory;
    base::SystemClock clock;
    ImageStoreSettings settings;
    std::unique_ptr<ImageStore> store;

    StoreFixture() {
        makeDisk(directory / "server01");
        makeDisk(directory / "spare01", 30 * block, 77);
        settings.images_dir = directory / "images";
        settings.least_free_bytes = 0;
        settings.disks = {{disk("server01"), directory / "server01"},
                          {disk("spare01"), directory / "spare01"},
                          {disk("gone"), directory / "gone"}};
        restart();
    }
    void restart() {
        store.reset();
        store = std::make_unique<ImageStore>(settings, clock, silent());
        auto started = store->start();
        BOOST_REQUIRE_MESSAGE(started, why(started));
    }
    template <typename Ask>
    auto settled(Ask ask) {
        while (true) {
            auto thing = ask();
            BOOST_REQUIRE(thing);
            if (!active(thing->state)) return *thing;
            std::this_thread::yield();
        }
    }
    static bool active(protocol::VerificationState state) {
        return state == protocol::VerificationState::Waiting || state == protocol::VerificationState::Reading;
    }
    static bool active(protocol::ImageState state) { return state == protocol::ImageState::Capturing; }
    static bool active(protocol::RestoreState state) {
        return state == protocol::RestoreState::Waiting || state == protocol::RestoreState::Restoring ||
               state == protocol::RestoreState::Verifying;
    }

    protocol::Image captured(const std::string& id) {
        auto begun = store->capture(image(id), disk("server01"));
        BOOST_REQUIRE_MESSAGE(begun, why(begun));
        return settled([&] { return store->image(image(id)); });
    }
    protocol::ImageVerification verified(const std::string& id) {
        auto begun = store->verify(image(id));
        BOOST_REQUIRE_MESSAGE(begun, why(begun));
        return settled([&] { return store->verification(image(id)); });
    }
    protocol::Restore ended(const std::string& id) {
        return settled([&] { return store->restores().find(restoreId(id)); });
    }
};

/// Transfers crawl: 1 byte a second. The first piece passes at once.
struct SlowStore : StoreFixture {
    SlowStore() {
        captured("a");
        settings.bandwidth_bytes_per_second = 1;
        settings.transfers_at_once = 1;
        settings.transfers_waiting = 1;
        restart();
    }
};

}  // namespace standin::image_store
