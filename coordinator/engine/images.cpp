#include "coordinator/engine/engine_parts.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

/// Of images of a terabyte that an earlier release captured, the tables alone have a gigabyte; standinctl waits 15 s.
constexpr std::chrono::milliseconds compare_within{12'000};

/// The image store that has it. A store that does not answer may have it: then it is not known.
Result<std::shared_ptr<drivers::ImageStoreDriver>> storeOf(const Drivers& drivers, const base::ImageId& id,
                                                           std::chrono::milliseconds patience) {
    std::optional<base::Error> silent;
    for (const auto& [name, store] : drivers.image_stores) {
        auto image = store->image(id, patience);
        if (image) return store;
        if (image.error().code != ErrorCode::NotFound && !silent) silent = image.error();
    }
    if (silent) return failure(*silent);
    return failure(ErrorCode::NotFound, fmt::format("there is no image '{}'", id.text()));
}

}  // namespace

Result<std::vector<protocol::Image>> Engine::images() const {
    std::vector<protocol::Image> all;
    std::optional<base::Error> first;
    bool answered = parts_->drivers.image_stores.empty();
    for (const auto& [name, store] : parts_->drivers.image_stores) {
        auto images = store->images(parts_->settings.answer_within);
        if (images) {
            answered = true;
            all.insert(all.end(), images->begin(), images->end());
        } else if (!first) {
            first = images.error();
        }
    }
    if (!answered) return failure(*first);
    return all;
}

Result<protocol::ImageDifference> Engine::difference(const base::ImageId& one, const base::ImageId& other) const {
    auto store = storeOf(parts_->drivers, one, parts_->settings.answer_within);
    if (!store) return failure(store.error());
    return (*store)->difference(one, other, std::max(compare_within, parts_->settings.answer_within));
}

Result<std::vector<std::string>> Engine::usersOf(const base::ImageId& image) const {
    return parts_->ask<std::vector<std::string>>(
        [image](Conductor& conductor) -> Result<std::vector<std::string>> { return conductor.table().usersOf(image); });
}

Result<void> Engine::removeImage(const base::ImageId& image, const std::string& asked_by) {
    auto store = storeOf(parts_->drivers, image, parts_->settings.answer_within);
    if (!store) return failure(store.error());
    auto may = parts_->ask<protocol::CommandStamp>(
        [=](Conductor& conductor) -> Result<protocol::CommandStamp> { return conductor.table().beginRemoval(image); });
    if (!may) return failure(may.error());
    auto removed = (*store)->remove(*may, image, parts_->settings.answer_within);
    auto ended = parts_->ask<void>([=](Conductor& conductor) -> Result<void> {
        conductor.table().endRemoval(image, asked_by, removed ? "done" : removed.error().message);
        return {};
    });
    return removed ? ended : removed;
}

Result<protocol::ImageVerification> Engine::verifyImage(const base::ImageId& image, const std::string& asked_by) {
    auto store = storeOf(parts_->drivers, image, parts_->settings.answer_within);
    if (!store) return failure(store.error());
    auto stamp = parts_->ask<protocol::CommandStamp>([=](Conductor& conductor) -> Result<protocol::CommandStamp> {
        return conductor.table().beginVerification(image, asked_by);
    });
    if (!stamp) return failure(stamp.error());
    return (*store)->verify(*stamp, image, parts_->settings.answer_within);
}

Result<protocol::ImageVerification> Engine::verification(const base::ImageId& image) const {
    auto store = storeOf(parts_->drivers, image, parts_->settings.answer_within);
    if (!store) return failure(store.error());
    return (*store)->verification(image, parts_->settings.answer_within);
}

}  // namespace standin::engine
