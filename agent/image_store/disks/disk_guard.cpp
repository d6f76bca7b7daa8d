#include "agent/image_store/disks/disk_guard.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

namespace standin::image_store {

namespace fs = std::filesystem;

DiskGuard::DiskGuard(std::vector<DiskPlace> places, std::string images_dir)
    : places_(std::move(places)), images_dir_(std::move(images_dir)) {}

void DiskGuard::remember() {
    const std::lock_guard lock(mutex_);
    known_.clear();
    for (const auto& place : places_) {
        struct stat status {};
        if (::stat(place.path.c_str(), &status) == 0)
            known_[place.name] = {nodeOf(status),
                                  S_ISBLK(status.st_mode) ? identityOf(status.st_rdev) : DiskIdentity{}};
    }
}

base::Result<DiskAccess> DiskGuard::open(const DiskPlace& place, DiskAccess::Purpose purpose) {
    auto access = DiskAccess::open(place, purpose);
    if (!access) return access;
    struct stat status {};
    if (::fstat(access->file().descriptor(), &status) != 0) return access->file().failed("look at");
    const Known now{nodeOf(status), access->isBlockDevice() ? identityOf(status.st_rdev) : DiskIdentity{}};
    const std::lock_guard lock(mutex_);
    for (const auto& wrong : {partOfStore(now.node), sameAsAnother(place, now.node), changed(place.name, now)}) {
        if (wrong.empty()) continue;
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("disk '{}' ({}) can't be used: {}; nothing was read or written",
                                         place.name.text(), place.path, wrong));
    }
    known_.emplace(place.name, now);
    return access;
}

std::string DiskGuard::changeOf(const DiskPlace& place) const {
    struct stat status {};
    if (::stat(place.path.c_str(), &status) != 0) return {};
    const std::lock_guard lock(mutex_);
    return changed(place.name, {nodeOf(status), S_ISBLK(status.st_mode) ? identityOf(status.st_rdev) : DiskIdentity{}});
}

std::string DiskGuard::changed(const base::DiskName& name, const Known& now) const {
    constexpr const char* cure =
        "see where its path leads; mend it, or restart the agent if this is the disk that is meant";
    const auto found = known_.find(name);
    if (found == known_.end()) return {};
    const auto& before = found->second;
    // A device may get another number when it is plugged in again; its serial number and WWN stay.
    const bool reports = before.node.is_block && !before.identity.empty();
    const bool same = reports ? now.node.is_block && before.identity == now.identity &&
                                    before.node.whole.empty() == now.node.whole.empty()
                              : before.node.self == now.node.self && before.node.below == now.node.below;
    if (same) return {};
    return fmt::format("it is another disk or file than when this agent first saw it ({} then, {} now); {}",
                       before.node.self, now.node.self, cure);
}

std::string DiskGuard::partOfStore(const DiskNode& node) const {
    struct stat status {};
    if (node.is_block && ::stat(images_dir_.c_str(), &status) == 0 && !overlap(node, nodeOf(status.st_dev)).empty()) {
        return fmt::format("the image store '{}' lies on it; mend its path", images_dir_);
    }
    std::error_code problem;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator entry(images_dir_, options, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (::lstat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        const auto stored = nodeOf(status);
        if (stored.self != node.self && node.below.count(stored.self) == 0) continue;
        return fmt::format("it is '{}' of the image store, by a link or a mount; mend its path",
                           entry->path().string());
    }
    return {};
}

std::string DiskGuard::sameAsAnother(const DiskPlace& place, const DiskNode& node) const {
    for (const auto& other : places_) {
        if (other.name == place.name) continue;
        const auto there = nodeAt(other.path);
        auto how = there ? overlap(node, *there) : std::string();
        if (const auto known = known_.find(other.name); how.empty() && known != known_.end())
            how = overlap(node, known->second.node);
        if (how.empty()) continue;
        return fmt::format("it {} '{}', the disk of '{}'; each machine has a disk of its own: mend its path", how,
                           other.path, other.name.text());
    }
    return {};
}

}  // namespace standin::image_store
