#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "agent/image_store/images/directory_image_repository.hpp"
#include "agent/image_store/transfers/capture.hpp"
#include "agent/image_store/transfers/restore.hpp"
#include "tests/support/temporary_directory.hpp"

namespace standin::image_store {

inline constexpr std::uint64_t block = 64U << 10;

inline base::Log silent() {
    return base::Log("test", [](base::LogLevel, std::string_view) {});
}

inline base::ImageId image(const std::string& name) {
    return base::ImageId(name);
}
inline base::DiskName disk(const std::string& name) {
    return base::DiskName(name);
}

/// Why a result is none; empty for a value.
template <typename T>
std::string why(const base::Result<T>& result) {
    return result ? std::string() : result.error().message;
}

/// `bytes` of reproducible noise.
inline std::string noise(std::size_t bytes, unsigned seed) {
    std::mt19937 random(seed);
    std::string text(bytes, '\0');
    for (auto& c : text) c = static_cast<char>(random());
    return text;
}

inline std::string readFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

/// Changes one byte for certain.
inline void flip(const std::string& path, std::uint64_t offset) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    auto was = file.get();
    BOOST_REQUIRE(file);
    overwrite(path, offset, std::string(1, static_cast<char>(was ^ 1)));
}

/// A sparse disk: noise in blocks 0, 2 and 3, written zeros in block 4, holes elsewhere, an odd end.
inline std::string makeDisk(const std::string& path, std::uint64_t bytes = 20 * block + 512, unsigned seed = 1) {
    std::ofstream(path, std::ios::binary).flush();
    std::filesystem::resize_file(path, bytes);
    overwrite(path, 0, noise(block, seed));
    overwrite(path, 2 * block, noise(2 * block, seed + 1));
    overwrite(path, 4 * block, std::string(block, '\0'));
    return path;
}

inline std::uint64_t allocated(const std::string& path) {
    struct stat status {};
    ::stat(path.c_str(), &status);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

/// A repository in a directory of its own, and what is needed to fill it.
struct ImageFixture {
    tests::TemporaryDirectory directory;
    base::SystemClock clock;
    Throttle throttle{0};
    std::string images = directory / "images";
    std::unique_ptr<DirectoryImageRepository> repository;

    ImageFixture() { reopen(); }
    void reopen() {
        repository.reset();
        auto opened = DirectoryImageRepository::open(images, block, clock, silent());
        BOOST_REQUIRE_MESSAGE(opened, why(opened));
        repository = std::move(*opened);
    }
    ImageManifest captured(const std::string& id, const std::string& path) {
        auto access = DiskAccess::open({disk("d"), path}, DiskAccess::Purpose::Read);
        BOOST_REQUIRE(access);
        auto draft = repository->create(image(id), disk("d"), access->sizeBytes(), access->sectorBytes());
        BOOST_REQUIRE(draft);
        TransferWatch watch(clock, throttle);
        auto manifest = capture(*access, **draft, {block, {}}, watch);
        BOOST_REQUIRE(manifest);
        return *manifest;
    }
    base::Result<void> restored(const std::string& id, const std::string& path) {
        auto content = repository->open(image(id));
        if (!content) return base::failure(content.error());
        auto access = DiskAccess::open({disk("target"), path}, DiskAccess::Purpose::Write);
        if (!access) return base::failure(access.error());
        TransferWatch watch(clock, throttle);
        auto done = restore(**content, *access, watch);
        if (!done) return base::failure(done.error());
        return {};
    }
    [[nodiscard]] std::string file(const std::string& id, const std::string& name) const {
        return images + "/" + id + "/" + name;
    }
};

}  // namespace standin::image_store
