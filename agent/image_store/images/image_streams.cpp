#include "agent/image_store/images/image_streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <vector>

#include "agent/base/number.hpp"
#include "agent/image_store/images/byte_range.hpp"

namespace standin::image_store {

namespace {

constexpr std::uint64_t rows_sent_at_once = 2048;
constexpr std::size_t manifest_sent_at_once = 64U << 10;
constexpr const char* binary = "application/octet-stream";

// Once the head of an answer is sent, breaking the connection is the only way left to say that the rest can't be had.
void orBreak(const base::Result<void>& result) {
    if (!result) throw std::runtime_error(result.error().message);
}

void write(std::ostream& out, Bytes bytes) {
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void streamBytes(ImageContent& image, ByteRange range, std::ostream& out, const std::atomic<bool>& stopping) {
    const auto& manifest = image.manifest();
    std::vector<std::byte> block(manifest.block_size_bytes);
    while (range.begin < range.end && out && !stopping) {
        auto index = range.begin / manifest.block_size_bytes;
        auto bytes = std::span(block).first(manifest.bytesOf(index));
        orBreak(image.readBlock(index, bytes));
        auto skip = static_cast<std::size_t>(range.begin % manifest.block_size_bytes);
        auto length = std::min<std::uint64_t>(bytes.size() - skip, range.end - range.begin);
        write(out, bytes.subspan(skip, length));
        range.begin += length;
    }
}

// Before the head of an answer is sent, so that a request for a damaged block is refused in words.
base::Result<void> tryBlock(ImageContent& image, std::uint64_t index) {
    std::vector<std::byte> block(image.manifest().bytesOf(index));
    return image.readBlock(index, block);
}

// Calls `each(index)` for every block from `first` on that is not all zero, until it returns false.
template <typename Each>
void eachDataBlock(ImageContent& image, std::uint64_t first, Each each) {
    ZeroBlocks zeros(image.manifest());
    std::vector<Checksum> rows;
    for (auto at = image.nextCandidate(first); at < image.manifest().blocks();
         at = image.nextCandidate(at + rows.size())) {
        rows.resize(std::min(rows_sent_at_once, image.manifest().blocks() - at));
        orBreak(image.readChecksums(at, rows));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!zeros.contains(at + i, rows[i]) && !each(at + i)) return;
        }
    }
}

}  // namespace

base::Result<http::Response> contentResponse(std::unique_ptr<ImageContent> content, const std::string& range_header) {
    std::shared_ptr<ImageContent> image = std::move(content);
    const auto size = image->manifest().size_bytes;
    auto asked = parseRange(range_header, size);
    if (asked.kind == RangeAsked::Kind::Unsatisfiable) {
        auto response = http::responseFrom(
            {base::ErrorCode::InvalidInput, fmt::format("the range begins behind the image's {} bytes", size)});
        response.status = 416;
        response.headers["Content-Range"] = fmt::format("bytes */{}", size);
        return response;
    }
    if (auto readable = tryBlock(*image, asked.range.begin / image->manifest().block_size_bytes); !readable)
        return base::failure(readable.error());
    http::Response response;
    response.content_type = binary;
    response.headers = {{"Accept-Ranges", "bytes"}, {"ETag", '"' + hexOf(image->manifest().checksum) + '"'}};
    if (asked.kind == RangeAsked::Kind::Part) {
        response.status = 206;
        response.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", asked.range.begin, asked.range.end - 1, size);
    }
    response.stream_length = asked.range.end - asked.range.begin;
    response.stream = [image, range = asked.range](std::ostream& out, const std::atomic<bool>& stopping) {
        streamBytes(*image, range, out, stopping);
    };
    return response;
}

http::Response manifestResponse(std::unique_ptr<ImageContent> content) {
    std::shared_ptr<ImageContent> image = std::move(content);
    http::Response response;
    response.content_type = binary;
    const auto size = manifestBytes(image->manifest());
    response.stream_length = size;
    response.stream = [image, size](std::ostream& out, const std::atomic<bool>& stopping) {
        std::vector<std::byte> piece(manifest_sent_at_once);
        for (std::uint64_t at = 0; at < size && out && !stopping;) {
            const auto bytes = std::span(piece).first(std::min<std::uint64_t>(piece.size(), size - at));
            orBreak(image->readManifest(at, bytes));
            write(out, bytes);
            at += bytes.size();
        }
    };
    return response;
}

base::Result<http::Response> blocksResponse(std::unique_ptr<ImageContent> content, const std::string& from) {
    std::shared_ptr<ImageContent> image = std::move(content);
    const auto asked = base::parseNumber<std::uint64_t>(from);
    if (!asked || *asked >= image->manifest().blocks()) {
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("'from' must be a block number below {}", image->manifest().blocks()));
    }
    const auto first = *asked;
    http::Response response;
    response.content_type = binary;
    std::uint64_t length = 0;
    base::Result<void> readable;
    eachDataBlock(*image, first, [&](std::uint64_t index) {
        if (length == 0) readable = tryBlock(*image, index);
        length += image->manifest().bytesOf(index);
        return readable.has_value();
    });
    if (!readable) return base::failure(readable.error());
    response.stream_length = length;
    response.stream = [image, first](std::ostream& out, const std::atomic<bool>& stopping) {
        std::vector<std::byte> block(image->manifest().block_size_bytes);
        eachDataBlock(*image, first, [&](std::uint64_t index) {
            auto bytes = std::span(block).first(image->manifest().bytesOf(index));
            orBreak(image->readBlock(index, bytes));
            write(out, bytes);
            return out.good() && !stopping;
        });
    };
    return response;
}

}  // namespace standin::image_store
