#include "agent/image_store/images/store_identity.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <random>

#include "agent/base/durable_file.hpp"

namespace standin::image_store {

namespace {

constexpr std::size_t longest_file = 8192;  // an id, and a path of at most PATH_MAX

std::string firstLine(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

std::string idIn(const std::string& images_dir) {
    const auto text = base::readWhole(images_dir + "/.store", longest_file);
    return text ? firstLine(*text) : std::string();
}

std::string newId() {
    std::random_device random;
    std::string id;
    for (int word = 0; word < 4; ++word) id += fmt::format("{:08x}", static_cast<std::uint32_t>(random()));
    return id;
}

}  // namespace

StoreIdentity::StoreIdentity(std::string images_dir, const std::string& state_dir)
    : images_dir_(std::move(images_dir)), remembered_(state_dir.empty() ? "" : state_dir + "/image_store") {}

base::Result<void> StoreIdentity::check() const {
    if (remembered_.empty()) return {};
    const auto text = base::readWhole(remembered_, longest_file);
    if (!text) {
        return text.error().code == base::ErrorCode::NotFound ? base::Result<void>() : base::failure(text.error());
    }
    const auto id = firstLine(*text);
    if (*text != id + "\n" + images_dir_ + "\n") return {};  // another directory is configured now
    const auto found = idIn(images_dir_);
    if (found == id) return {};
    return base::failure(
        base::ErrorCode::WrongState,
        fmt::format("'{}' is not the image store that this agent has used: {}; mount its volume, or remove '{}' if "
                    "this is meant to be another store",
                    images_dir_, found.empty() ? "its file '.store' is missing" : "its file '.store' has another id",
                    remembered_));
}

base::Result<void> StoreIdentity::adopt() const {
    auto id = idIn(images_dir_);
    if (id.empty()) {
        id = newId();
        if (auto written = base::writeDurably(images_dir_ + "/.store", id + "\n"); !written) return written;
    }
    if (remembered_.empty()) return {};
    const auto wanted = id + "\n" + images_dir_ + "\n";
    const auto text = base::readWhole(remembered_, longest_file);
    return text && *text == wanted ? base::Result<void>() : base::writeDurably(remembered_, wanted);
}

}  // namespace standin::image_store
