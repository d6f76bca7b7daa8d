#include "agent/image_store/images/manifest_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace standin::image_store {

namespace {

constexpr std::uint64_t rows_at_once = 4096;  // 128 KiB of table
constexpr std::uint64_t runs_at_once = 4096;

base::Unexpected wrongTable(const ImageManifest& manifest) {
    return base::failure(
        base::ErrorCode::Corrupt,
        fmt::format("image '{}': its blocks' checksums do not give its whole checksum", manifest.id.text()));
}

}  // namespace

base::Result<ManifestTable> ManifestTable::open(OpenFile file) {
    std::vector<std::byte> header(manifest_header_bytes);
    auto have = file.readSome(0, header);
    if (!have) return base::failure(have.error());
    auto manifest = decodeHeader(Bytes(header).first(*have));
    if (!manifest) return base::failure(manifest.error());
    auto size = file.size();
    if (!size) return base::failure(size.error());
    if (*size != manifestBytes(*manifest)) {
        return base::failure(base::ErrorCode::Corrupt,
                             fmt::format("the manifest is damaged: it has {} bytes instead of "
                                         "{}",
                                         *size, manifestBytes(*manifest)));
    }
    ManifestTable table(std::move(file), std::move(*manifest));
    if (auto read = table.readRuns(); !read) return base::failure(read.error());
    return table;
}

base::Result<void> ManifestTable::readRuns() {
    if (manifest_.format != ManifestFormat::Runs) return {};
    runs_.reserve(manifest_.runs);
    auto at = manifest_header_bytes + manifest_.data_blocks * sizeof(Checksum);
    std::uint64_t row = 0;
    std::uint64_t behind = 0;
    std::vector<DataRun> piece;
    for (std::uint64_t left = manifest_.runs; left > 0; left -= piece.size()) {
        piece.resize(std::min(left, runs_at_once));
        if (auto read = file_.readAt(at, std::as_writable_bytes(std::span(piece))); !read) return read;
        at += piece.size() * sizeof(DataRun);
        for (const auto& run : piece) {
            // Runs do not touch each other, or the same content could have two tables.
            const bool apart = runs_.empty() || run.first > behind;
            if (!apart || run.blocks == 0 || run.first >= manifest_.blocks() ||
                run.blocks > manifest_.blocks() - run.first)
                return wrongTable(manifest_);
            runs_.push_back({run.first, run.blocks, row});
            row += run.blocks;
            behind = run.first + run.blocks;
        }
    }
    return row == manifest_.data_blocks ? base::Result<void>() : wrongTable(manifest_);
}

std::vector<ManifestTable::Run>::const_iterator ManifestTable::runBehind(std::uint64_t index) const {
    return std::partition_point(runs_.begin(), runs_.end(),
                                [&](const Run& run) { return run.first + run.blocks <= index; });
}

base::Result<void> ManifestTable::readRows(std::uint64_t row, std::span<Checksum> into) const {
    return file_.readAt(manifest_header_bytes + row * sizeof(Checksum), std::as_writable_bytes(into));
}

base::Result<void> ManifestTable::read(std::uint64_t first, std::span<Checksum> into) const {
    STANDIN_ASSERT(first + into.size() <= manifest_.blocks());
    if (manifest_.format == ManifestFormat::Rows) return readRows(first, into);
    auto run = runBehind(first);
    for (std::size_t done = 0; done < into.size();) {
        const auto index = first + done;
        const auto zeros_until = run == runs_.end() ? first + into.size() : run->first;
        if (index < zeros_until) {
            for (auto at = index; at < std::min(zeros_until, first + into.size()); ++at)
                into[at - first] = zeros_.checksum(at);
            done = std::min<std::uint64_t>(zeros_until - first, into.size());
            continue;
        }
        const auto inside = index - run->first;
        const auto count = std::min<std::uint64_t>(run->blocks - inside, into.size() - done);
        if (auto read = readRows(run->row + inside, into.subspan(done, count)); !read) return read;
        done += count;
        ++run;
    }
    return {};
}

std::uint64_t ManifestTable::nextCandidate(std::uint64_t from) const {
    if (manifest_.format == ManifestFormat::Rows) return std::min(from, manifest_.blocks());
    const auto run = runBehind(from);
    return run == runs_.end() ? manifest_.blocks() : std::max(from, run->first);
}

base::Result<void> ManifestTable::prove() const {
    auto whole = wholeChecksumBegin(manifest_.size_bytes, manifest_.block_size_bytes);
    std::vector<Checksum> rows;
    const auto stored = manifest_.format == ManifestFormat::Rows ? manifest_.blocks() : manifest_.data_blocks;
    std::uint64_t data_blocks = 0;
    for (std::uint64_t at = 0; at < stored; at += rows.size()) {
        rows.resize(std::min(rows_at_once, stored - at));
        if (auto read = readRows(at, rows); !read) return read;
        whole.update(std::as_bytes(std::span(rows)));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const bool zero = manifest_.format == ManifestFormat::Rows && zeros_.contains(at + i, rows[i]);
            data_blocks += zero ? 0 : 1;
        }
    }
    for (const auto& run : runs_) {
        const DataRun bytes{run.first, run.blocks};
        whole.update(std::as_bytes(std::span(&bytes, 1)));
    }
    if (whole.finish() == manifest_.checksum && data_blocks == manifest_.data_blocks) return {};
    return wrongTable(manifest_);
}

}  // namespace standin::image_store
