#include "agent/image_store/transfers/captures.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "agent/base/boundary.hpp"
#include "agent/base/units.hpp"
#include "agent/image_store/transfers/capture.hpp"

namespace standin::image_store {

namespace {

constexpr std::size_t failures_kept = 64;  // for those who ask why; older ones are in the log

// What the capture may need at most: what the file system has allocated for the disk. Unknown (0) for a device.
std::uint64_t allocatedBytes(const DiskAccess& disk) {
    struct stat status {};
    if (disk.isBlockDevice() || ::fstat(disk.file().descriptor(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

}  // namespace

struct Captures::Task {
    Task(base::ImageId image, base::DiskName from, std::uint64_t size, const base::Clock& clock, Throttle& throttle)
        : id(std::move(image)),
          disk(std::move(from)),
          size_bytes(size),
          created_at(clock.wall()),
          watch(clock, throttle) {}
    const base::ImageId id;
    const base::DiskName disk;
    const std::uint64_t size_bytes;
    const base::WallTime created_at;
    TransferWatch watch;
    // Guarded by Captures::mutex_:
    bool started = false;
    bool active = true;
    std::string problem;
    // Belong to the thread that runs the task; let go before its end is reported, so that the disk is free by then.
    std::optional<DiskAccess> access;
    std::unique_ptr<ImageDraft> draft;
    void letGo() {
        draft.reset();
        access.reset();
    }
};

Captures::Captures(ImageRepository& repository, TransferPool& pool, Throttle& throttle, const base::Clock& clock,
                   base::Log log)
    : repository_(repository), pool_(pool), throttle_(throttle), clock_(clock), log_(std::move(log)) {}

base::Result<protocol::Image> Captures::begin(const base::ImageId& id, const DiskPlace& place,
                                              std::uint64_t block_size_bytes, std::uint64_t least_free_bytes) {
    std::lock_guard lock(mutex_);
    if (auto known = tasks_.find(id); known != tasks_.end() && known->second->active) {
        if (known->second->disk == place.name) return imageOf(*known->second);
        return base::failure(base::ErrorCode::Conflict, fmt::format("image '{}' is being captured from disk '{}'",
                                                                    id.text(), known->second->disk.text()));
    }
    auto disk = DiskAccess::open(place, DiskAccess::Purpose::Read);
    if (!disk) return base::failure(disk.error());
    auto space = repository_.freeBytes();
    auto needed = allocatedBytes(*disk) + least_free_bytes;
    if (space && *space < needed) {
        return base::failure(
            base::ErrorCode::Refused,
            fmt::format("there is not space enough for an image of disk '{}': {} free, {} needed; delete old images",
                        place.name.text(), base::humanBytes(*space), base::humanBytes(needed)));
    }
    auto draft = repository_.create(id, place.name, disk->sizeBytes(), disk->sectorBytes());
    if (!draft) return base::failure(draft.error());
    auto task = std::make_shared<Task>(id, place.name, disk->sizeBytes(), clock_, throttle_);
    task->access = std::move(*disk);
    task->draft = std::move(*draft);
    auto submitted = pool_.submit([this, task, block_size_bytes] {
        const auto done = base::contained([&] { run(task, block_size_bytes); });
        if (done) return;
        task->letGo();
        end(task, done.error().message);
    });
    if (!submitted) return base::failure(submitted.error());
    tasks_[id] = task;
    log_.notice("image '{}': 'none' -> 'capturing' (from disk '{}')", id.text(), place.name.text());
    return imageOf(*task);
}

void Captures::run(const std::shared_ptr<Task>& task, std::uint64_t block_size_bytes) {
    {
        std::lock_guard lock(mutex_);
        if (!task->active) return;  // removed while it waited
        task->started = true;
    }
    const auto since = clock_.steady();
    auto manifest = capture(*task->access, *task->draft, block_size_bytes, task->watch);
    task->letGo();
    const auto took = clock_.steady() - since;
    if (finished_) finished_(manifest.has_value(), took);
    if (manifest) {
        log_.notice("image '{}': 'capturing' -> 'ready' ({} of {} kept, {:.1f} s)", task->id.text(),
                    base::humanBytes(manifest->data_blocks * manifest->block_size_bytes),
                    base::humanBytes(manifest->size_bytes), std::chrono::duration<double>(took).count());
    } else {
        log_.error("image '{}': 'capturing' -> 'failed' ({})", task->id.text(), manifest.error().message);
    }
    end(task, manifest ? std::string() : manifest.error().message);
}

void Captures::end(const std::shared_ptr<Task>& task, std::string problem) {
    {
        std::lock_guard lock(mutex_);
        task->active = false;
        task->problem = std::move(problem);
        auto known = tasks_.find(task->id);
        if (task->problem.empty() && known != tasks_.end() && known->second == task) tasks_.erase(known);
        forgetOldFailures();
    }
    ended_.notify_all();
}

std::vector<protocol::Image> Captures::list() const {
    std::lock_guard lock(mutex_);
    std::vector<protocol::Image> images;
    for (const auto& [id, task] : tasks_) images.push_back(imageOf(*task));
    return images;
}

bool Captures::remove(const base::ImageId& id) {
    std::unique_lock lock(mutex_);
    auto known = tasks_.find(id);
    if (known == tasks_.end()) return false;
    auto task = known->second;
    task->watch.cancel();
    if (task->started) {
        ended_.wait(lock, [&] { return !task->active; });
    } else {
        task->active = false;
        task->letGo();
    }
    if (auto now = tasks_.find(id); now != tasks_.end() && now->second == task) tasks_.erase(now);
    return true;
}

void Captures::cancelAll() {
    std::lock_guard lock(mutex_);
    for (auto& [id, task] : tasks_) task->watch.cancel();
}

protocol::Image Captures::imageOf(const Task& task) const {
    protocol::Image image;
    image.id = task.id;
    image.disk = task.disk;
    image.state = task.active ? protocol::ImageState::Capturing : protocol::ImageState::Failed;
    image.size_bytes = task.size_bytes;
    image.created_at = base::rfc3339(task.created_at);
    image.progress = task.watch.progress();
    image.problem = task.problem;
    return image;
}

void Captures::forgetOldFailures() {
    while (true) {
        auto failed = [](const auto& entry) { return !entry.second->active; };
        if (static_cast<std::size_t>(std::count_if(tasks_.begin(), tasks_.end(), failed)) <= failures_kept) return;
        auto oldest = tasks_.end();
        for (auto entry = tasks_.begin(); entry != tasks_.end(); ++entry) {
            if (failed(*entry) && (oldest == tasks_.end() || entry->second->created_at < oldest->second->created_at))
                oldest = entry;
        }
        tasks_.erase(oldest);
    }
}

}  // namespace standin::image_store
