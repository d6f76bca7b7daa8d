#include "agent/image_store/images/image_fetch.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "agent/base/durable_file.hpp"
#include "agent/image_store/images/local_manifest.hpp"
#include "agent/protocol/agent_client.hpp"

namespace standin::image_store {

namespace {

constexpr int attempts_without_gain = 3;  // of connections that broke before they brought a block
constexpr auto tell_every = std::chrono::milliseconds(100);

base::Unexpected cancelled() {
    return base::failure(base::ErrorCode::Refused, "cancelled");
}

// One fetch: walks over the manifest's blocks in order, beside the stream that brings those that are not zero.
class Fetch {
  public:
    Fetch(protocol::AgentClient& store, const FetchRequest& request,
          const std::function<void(const protocol::Progress&)>& tell, const std::atomic<bool>& stopping)
        : store_(store), request_(request), tell_(tell), stopping_(stopping), rest_(request.path + ".fetch") {}

    base::Result<void> run() {
        auto before = LocalManifest::open(rest_);
        auto fresh = rest_ + ".new";
        auto manifest = LocalManifest::download(store_, request_.image, fresh, request_.deadline, stopping_);
        if (!manifest) {
            std::remove(fresh.c_str());
            return base::failure(manifest.error());
        }
        table_.emplace(std::move(*manifest));
        progress_.total_bytes = what().data_blocks * what().block_size_bytes;
        // What is of another image must be gone, durably, before the new manifest says that what is there belongs to
        // it.
        if (auto opened = openFile(before && before->manifest().checksum == what().checksum); !opened) return opened;
        if (auto synced = file_.sync(); !synced) return synced;
        if (std::rename(fresh.c_str(), rest_.c_str()) != 0) return table_->file().failed("rename");
        if (auto brought = bring(); !brought) return brought;
        if (auto synced = file_.sync(); !synced) return synced;
        return complete();
    }

  private:
    [[nodiscard]] const ImageManifest& what() const { return table_->manifest(); }

    base::Result<void> openFile(bool resume) {
        auto file = OpenFile::open(request_.path, O_RDWR | O_CREAT);
        if (!file) return base::failure(file.error());
        file_ = std::move(*file);
        auto size = file_.size();
        resume = resume && size && *size == what().size_bytes;
        if (!resume) {
            if (auto emptied = file_.resize(0); !emptied) return emptied;
            if (auto sized = file_.resize(what().size_bytes); !sized) return sized;
        }
        started_ = std::chrono::steady_clock::now();
        block_.resize(what().block_size_bytes);
        return resume ? keepWhatIsThere() : advanceTo(0);
    }

    // The stream wrote in order, so what is right is a beginning; the first wrong block is where to go on.
    base::Result<void> keepWhatIsThere() {
        if (auto first = advanceTo(0); !first) return first;
        while (next_ < what().blocks()) {
            if (stopping_) return cancelled();
            auto bytes = std::span(block_).first(what().bytesOf(next_));
            if (auto read = file_.readAt(next_ * what().block_size_bytes, bytes); !read) return read;
            if (checksumOf(bytes) != wanted_) return {};
            progress_.done_bytes += bytes.size();
            if (auto onward = advanceTo(next_ + 1); !onward) return onward;
        }
        return {};
    }

    base::Result<void> bring() {
        int gainless = 0;
        while (next_ < what().blocks()) {
            auto from = next_;
            have_ = 0;
            failure_ = {};
            auto answer = store_.stream(
                fmt::format("/v1/images/{}/blocks?from={}", request_.image.text(), next_), {},
                [this](const char* piece, std::size_t length) { return take(piece, length); }, request_.deadline);
            if (!failure_) return failure_;
            if (stopping_) return cancelled();
            if (next_ == what().blocks()) break;
            gainless = next_ > from ? 0 : gainless + 1;
            bool transient = answer || base::isTransient(answer.error().code);
            if (transient && gainless < attempts_without_gain) continue;
            if (!answer)
                return base::failure(
                    answer.error().within(fmt::format("could not fetch image '{}'", request_.image.text())));
            return base::failure(
                base::ErrorCode::TimedOut,
                fmt::format("could not fetch image '{}': agent '{}' breaks off at block {}; its log says why",
                            request_.image.text(), store_.name(), next_));
        }
        return {};
    }

    // False ends the stream, for the reason in failure_ if there is one.
    bool take(const char* piece, std::size_t length) {
        while (length > 0 && next_ < what().blocks()) {
            if (stopping_) return false;
            auto size = what().bytesOf(next_);
            auto part = std::min(length, size - have_);
            std::memcpy(block_.data() + have_, piece, part);
            have_ += part;
            piece += part;
            length -= part;
            if (have_ < size) return true;
            failure_ = keep(std::span(block_).first(size));
            if (!failure_) return false;
            have_ = 0;
        }
        return next_ < what().blocks();
    }

    base::Result<void> keep(Bytes bytes) {
        auto offset = next_ * what().block_size_bytes;
        if (checksumOf(bytes) != wanted_) {
            return base::failure(base::ErrorCode::Corrupt,
                                 fmt::format("block {} of image '{}' came from agent '{}' not as it was captured",
                                             next_, request_.image.text(), store_.name()));
        }
        if (auto written = file_.writeAt(offset, bytes); !written) return written;
        if (offset / write_back_every_bytes != window_) {
            file_.writeBack(window_ * write_back_every_bytes, write_back_every_bytes);
            window_ = offset / write_back_every_bytes;
        }
        progress_.done_bytes += bytes.size();
        brought_bytes_ += bytes.size();
        tellSometimes();
        return advanceTo(next_ + 1);
    }

    // next_ becomes the first block from `index` on that is not all zero, wanted_ its checksum.
    base::Result<void> advanceTo(std::uint64_t index) {
        auto found = table_->nextDataBlock(index);
        if (!found) return base::failure(found.error());
        next_ = found->index;
        wanted_ = found->checksum;
        return {};
    }

    void tellSometimes() {
        auto now = std::chrono::steady_clock::now();
        if (now - told_ < tell_every) return;
        told_ = now;
        progress_.bytes_per_second =
            static_cast<double>(brought_bytes_) / std::chrono::duration<double>(now - started_).count();
        if (tell_) tell_(progress_);
    }

    base::Result<void> complete() {
        std::error_code problem;
        std::filesystem::remove(rest_, problem);
        progress_.done_bytes = progress_.total_bytes;
        if (tell_) tell_(progress_);
        return base::syncDirectory(std::filesystem::path(request_.path).parent_path().string());
    }

    protocol::AgentClient& store_;
    const FetchRequest& request_;
    const std::function<void(const protocol::Progress&)>& tell_;
    const std::atomic<bool>& stopping_;
    const std::string rest_;
    std::optional<LocalManifest> table_;
    OpenFile file_;
    std::vector<std::byte> block_;
    std::size_t have_ = 0;  // bytes of block_ that have come
    std::uint64_t next_ = 0;
    Checksum wanted_{};
    base::Result<void> failure_;
    std::uint64_t window_ = 0;
    protocol::Progress progress_;
    std::uint64_t brought_bytes_ = 0;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point told_;
};

}  // namespace

base::Result<void> fetchImage(protocol::AgentClient& store, const FetchRequest& request,
                              const std::function<void(const protocol::Progress&)>& tell,
                              const std::atomic<bool>& stopping) {
    return Fetch(store, request, tell, stopping).run();
}

}  // namespace standin::image_store
