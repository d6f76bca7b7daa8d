#include "agent/image_store/images/local_manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "agent/protocol/agent_client.hpp"

namespace standin::image_store {

namespace {

constexpr std::uint64_t rows_at_once = 2048;  // 64 KiB of table
constexpr std::uint64_t largest_manifest_bytes =
    manifest_header_bytes + largest_image_bytes / smallest_block_bytes * sizeof(Checksum);

base::Result<void> receive(protocol::AgentClient& store, const base::ImageId& image, const OpenFile& into,
                           std::chrono::milliseconds deadline, const std::atomic<bool>& stopping) {
    std::uint64_t at = 0;
    base::Result<void> written;
    auto take = [&](const char* piece, std::size_t length) {
        if (at + length > largest_manifest_bytes) {
            written = base::failure(base::ErrorCode::Corrupt,
                                    fmt::format("the manifest of image '{}' has no end", image.text()));
        } else {
            written = into.writeAt(at, std::as_bytes(std::span(piece, length)));
        }
        at += length;
        return written && !stopping;
    };
    auto answer = store.stream("/v1/images/" + image.text() + "/manifest", {}, take, deadline);
    if (!written) return written;
    if (stopping) return base::failure(base::ErrorCode::Refused, "cancelled");
    if (!answer)
        return base::failure(
            answer.error().within(fmt::format("could not fetch the manifest of image '{}'", image.text())));
    return into.sync();
}

}  // namespace

base::Result<LocalManifest> LocalManifest::open(const std::string& path) {
    auto file = OpenFile::open(path, O_RDONLY);
    if (!file) return base::failure(file.error());
    auto table = ManifestTable::open(std::move(*file));
    if (!table) return base::failure(table.error());
    if (auto proven = table->prove(); !proven) return base::failure(proven.error());
    return LocalManifest(std::move(*table));
}

base::Result<LocalManifest> LocalManifest::download(protocol::AgentClient& store, const base::ImageId& image,
                                                    const std::string& path, std::chrono::milliseconds deadline,
                                                    const std::atomic<bool>& stopping) {
    auto file = OpenFile::open(path, O_RDWR | O_CREAT | O_TRUNC);
    if (!file) return base::failure(file.error());
    if (auto received = receive(store, image, *file, deadline, stopping); !received)
        return base::failure(received.error());
    auto manifest = open(path);
    if (manifest && manifest->manifest().id != image) {
        return base::failure(base::ErrorCode::Corrupt,
                             fmt::format("agent '{}' gave the manifest of image '{}' for that of '{}'", store.name(),
                                         manifest->manifest().id.text(), image.text()));
    }
    return manifest;
}

base::Result<const Checksum*> LocalManifest::row(std::uint64_t index) {
    if (index < first_ || index >= first_ + rows_.size()) {
        rows_.resize(std::min(rows_at_once, manifest().blocks() - index));
        first_ = index;
        if (auto read = table_.read(index, rows_); !read) {
            rows_.clear();
            return base::failure(read.error());
        }
    }
    return static_cast<const Checksum*>(&rows_[index - first_]);
}

base::Result<LocalManifest::DataBlock> LocalManifest::nextDataBlock(std::uint64_t index) {
    for (index = table_.nextCandidate(index); index < manifest().blocks(); index = table_.nextCandidate(index + 1)) {
        auto checksum = row(index);
        if (!checksum) return base::failure(checksum.error());
        if (!zeros_.contains(index, **checksum)) return DataBlock{index, **checksum};
    }
    return DataBlock{manifest().blocks(), {}};
}

}  // namespace standin::image_store
