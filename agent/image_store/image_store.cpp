#include "agent/image_store/image_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/base/units.hpp"
#include "agent/image_store/images/directory_image_repository.hpp"
#include "agent/image_store/images/image_difference.hpp"
#include "agent/image_store/images/store_identity.hpp"

namespace standin::image_store {

namespace {

protocol::Image imageOf(const StoredImage& stored) {
    protocol::Image image;
    image.id = stored.id;
    if (!stored.manifest) {
        image.state = protocol::ImageState::Corrupt;
        image.problem = stored.manifest.error().message;
        return image;
    }
    const auto& manifest = *stored.manifest;
    image.disk = manifest.disk;
    image.state = stored.damage.empty() ? protocol::ImageState::Ready : protocol::ImageState::Damaged;
    if (!stored.damage.empty())
        image.problem = fmt::format("{}; capture its server again, then delete it", stored.damage);
    image.size_bytes = manifest.size_bytes;
    image.stored_bytes = std::min(manifest.data_blocks * manifest.block_size_bytes, manifest.size_bytes);
    image.block_size = static_cast<std::uint32_t>(manifest.block_size_bytes);
    image.sector_bytes = manifest.sector_bytes;
    if (manifest.table.kind != PartitionTable::Kind::Unknown) image.partition_table = nameOf(manifest.table.kind);
    image.disk_guid = manifest.table.guid;
    image.partitions = static_cast<std::uint32_t>(manifest.table.partitions.size());
    image.checksum = hexOf(manifest.checksum);
    image.created_at = base::rfc3339(manifest.created_at);
    image.progress = {manifest.size_bytes, manifest.size_bytes, 0};
    return image;
}

constexpr std::size_t verifications_waiting = 256;  // all images of a large store, asked for one after the other

// Names that the kernel gives in the order in which it finds disks.
bool mayBeRenumbered(const std::string& path) {
    auto begins = [&](const char* prefix) { return path.starts_with(prefix); };
    return begins("/dev/sd") || begins("/dev/vd") || begins("/dev/xvd") || begins("/dev/nvme") || begins("/dev/dm-");
}

base::Error damaged(const base::ImageId& id, const base::Error& cause) {
    return {cause.code, fmt::format("{}; delete image '{}' and capture it again", cause.message, id.text())};
}

}  // namespace

ImageStore::ImageStore(ImageStoreSettings settings, const base::Clock& clock, base::Log log)
    : settings_(std::move(settings)),
      clock_(clock),
      log_(std::move(log)),
      throttle_(settings_.bandwidth_bytes_per_second),
      disks_(settings_.disks, settings_.images_dir) {}

ImageStore::~ImageStore() {
    stop();
}

base::Result<void> ImageStore::start() {
    const StoreIdentity identity(settings_.images_dir, settings_.state_dir);
    if (auto same = identity.check(); !same) return same;
    auto repository = DirectoryImageRepository::open(settings_.images_dir, settings_.block_size_bytes, clock_, log_);
    if (!repository) return base::failure(repository.error());
    repository_ = std::move(*repository);
    if (repository_->readOnly()) {
        log_.error("the file system of '{}' is read-only: images can be restored and fetched, nothing else",
                   settings_.images_dir);
    } else if (auto adopted = identity.adopt(); !adopted) {
        log_.error("the image store's id is not remembered: {}", adopted.error().message);
    }
    disks_.remember();
    capture_pool_ = std::make_unique<TransferPool>(settings_.transfers_at_once, settings_.transfers_waiting);
    restore_pool_ = std::make_unique<TransferPool>(settings_.transfers_at_once, settings_.transfers_waiting);
    verification_pool_ = std::make_unique<TransferPool>(1, verifications_waiting);
    captures_ =
        std::make_unique<Captures>(CaptureKind({*repository_, disks_, space_, *restore_pool_},
                                               {settings_.block_size_bytes, settings_.least_free_bytes}, clock_, log_),
                                   *capture_pool_, throttle_, clock_);
    rememberInterrupted();
    const auto spare_records = settings_.state_dir.empty() ? std::string() : settings_.state_dir + "/restores";
    RestoreKind restores(*repository_, disks_, RestoreRecords(settings_.images_dir + "/.restores", spare_records),
                         log_);
    auto earlier = restores.earlier();
    if (!earlier) return base::failure(earlier.error());
    restores_ = std::make_unique<Restores>(std::move(restores), *restore_pool_, throttle_, clock_);
    for (const auto& restore : *earlier) restores_->remember(restore.id, restore);
    verifications_ =
        std::make_unique<Verifications>(VerificationKind(*repository_, *capture_pool_, *restore_pool_, clock_, log_),
                                        *verification_pool_, throttle_, clock_);
    if (finished_) {
        captures_->onFinished([this](bool succeeded, auto took) { finished_("capture", succeeded, took); });
        restores_->onFinished([this](bool succeeded, auto took) { finished_("restore", succeeded, took); });
        verifications_->onFinished([this](bool succeeded, auto took) { finished_("verification", succeeded, took); });
    }
    capture_pool_->start();
    restore_pool_->start();
    verification_pool_->start();
    return {};
}

void ImageStore::rememberInterrupted() {
    for (const auto& manifest : repository_->interrupted()) {
        protocol::Image image;
        image.id = manifest.id;
        image.disk = manifest.disk;
        image.state = protocol::ImageState::Failed;
        image.size_bytes = manifest.size_bytes;
        image.created_at = base::rfc3339(manifest.created_at);
        image.problem = fmt::format(
            "its capture was interrupted when the agent stopped, and what it had written was removed; capture disk "
            "'{}' again",
            manifest.disk.text());
        captures_->remember(manifest.id, image);
    }
}

void ImageStore::stop() {
    if (captures_) captures_->cancelAll();
    if (restores_) restores_->cancelAll();
    if (verifications_) verifications_->cancelAll();
    if (verification_pool_) verification_pool_->stop();
    if (capture_pool_) capture_pool_->stop();
    if (restore_pool_) restore_pool_->stop();
}

std::vector<protocol::Image> ImageStore::images() const {
    auto images = captures_->list();
    for (const auto& stored : repository_->list()) {
        auto same = [&](const protocol::Image& image) { return image.id == stored.id; };
        if (std::none_of(images.begin(), images.end(), same)) images.push_back(imageOf(stored));
    }
    std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return images;
}

base::Result<protocol::Image> ImageStore::image(const base::ImageId& id) const {
    if (auto capture = captures_->find(id)) return capture;
    auto content = repository_->open(id);
    if (content) return imageOf({id, (*content)->manifest(), repository_->damageOf(id)});
    if (content.error().code == base::ErrorCode::Corrupt)
        return imageOf({id, base::failure(damaged(id, content.error()))});
    return base::failure(content.error());
}

base::Result<protocol::Image> ImageStore::capture(const base::ImageId& id, const base::DiskName& disk) {
    auto place = placeOf(disk);
    if (!place) return base::failure(place.error());
    auto known = image(id);
    if (known && known->state == protocol::ImageState::Ready && known->disk == disk) return known;
    if (known && known->state == protocol::ImageState::Ready) {
        return base::failure(base::ErrorCode::Conflict,
                             fmt::format("image '{}' was captured from disk '{}'; images never change, take another id",
                                         id.text(), known->disk.text()));
    }
    if (known && (known->state == protocol::ImageState::Corrupt || known->state == protocol::ImageState::Damaged))
        return base::failure(base::ErrorCode::Conflict, known->problem);
    return captures_->begin(id, **place);
}

base::Result<void> ImageStore::remove(const base::ImageId& id) {
    // Its own verification is broken off for it, but not for a removal that is refused then.
    const auto verification = verifications_->find(id);
    const bool verified = verification && verification->ended_at.empty();
    if (repository_->readers(id) > (verified ? 1U : 0U)) {
        return base::failure(base::ErrorCode::Conflict,
                             fmt::format("image '{}' is in use; wait until its restore or fetch has ended", id.text()));
    }
    captures_->remove(id);
    verifications_->remove(id);
    auto removed = repository_->remove(id);
    if (!removed && removed.error().code == base::ErrorCode::NotFound) return {};
    if (removed) log_.notice("image '{}': 'ready' -> 'none' (deleted)", id.text());
    return removed;
}

base::Result<protocol::ImageDifference> ImageStore::difference(const base::ImageId& a, const base::ImageId& b) const {
    auto left = open(a);
    if (!left) return base::failure(left.error());
    auto right = open(b);
    if (!right) return base::failure(right.error());
    return image_store::difference(**left, **right);
}

base::Result<protocol::ImageVerification> ImageStore::verify(const base::ImageId& id) {
    auto content = open(id);
    if (!content) return base::failure(content.error());
    return verifications_->begin(id, std::move(*content));
}

base::Result<protocol::ImageVerification> ImageStore::verification(const base::ImageId& id) const {
    auto found = verifications_->find(id);
    if (found) return found;
    auto content = open(id);  // no image is another matter than no verification
    return base::failure(content ? found.error() : content.error());
}

base::Result<std::unique_ptr<ImageContent>> ImageStore::open(const base::ImageId& id) const {
    auto content = repository_->open(id);
    if (content) return content;
    if (content.error().code == base::ErrorCode::Corrupt) return base::failure(damaged(id, content.error()));
    if (const auto capture = captures_->find(id)) {
        auto why = capture->problem.empty() ? "it is still being captured" : capture->problem;
        return base::failure(base::ErrorCode::WrongState, fmt::format("image '{}' is not ready: {}", id.text(), why));
    }
    return repository_->open(id);  // it may have become ready between the two looks
}

base::Result<protocol::Restore> ImageStore::restore(const base::RestoreId& id, const base::ImageId& image,
                                                    const base::DiskName& disk, Damage damage) {
    auto place = placeOf(disk);
    if (!place) return base::failure(place.error());
    return restores_->begin(id, image, **place, damage);
}

std::vector<protocol::Disk> ImageStore::disks() const {
    std::vector<protocol::Disk> disks;
    for (const auto& place : settings_.disks) {
        auto sight = lookAt(place);
        disks.push_back({place.name, sight.size_bytes, sight.present, sight.in_use, sight.detail, sight.sector_bytes,
                         sight.identity.serial, sight.identity.wwn});
    }
    return disks;
}

std::uint64_t ImageStore::freeBytes() const {
    return repository_->freeBytes().value_or(0);
}

void ImageStore::checkHealth(protocol::Health& health) const {
    auto space = repository_->freeBytes();
    bool enough = space && *space >= settings_.least_free_bytes;
    health.checks.push_back({"space images", enough, space ? base::humanBytes(*space) + " free" : space.error().message,
                             enough ? ""
                                    : fmt::format("delete old images or enlarge '{}' ({} are wanted)",
                                                  settings_.images_dir, base::humanBytes(settings_.least_free_bytes))});
    const bool read_only = repository_->readOnly();
    health.checks.push_back(
        {"images writable", !read_only, read_only ? "its file system is read-only" : "can be written",
         read_only ? fmt::format("see the kernel's log for the reason, then mount '{}' writable; until then images can "
                                 "only be restored and fetched",
                                 settings_.images_dir)
                   : ""});
    checkImages(health);
    for (const auto& disk : disks()) {
        if (!disk.present) health.warnings.push_back(disk.detail);
    }
    checkDisks(health);
}

void ImageStore::checkImages(protocol::Health& health) const {
    std::size_t readable = 0;
    std::string damaged_ones;
    std::string with_damage;
    for (const auto& stored : repository_->list()) {
        if (stored.manifest) {
            ++readable;
            if (!stored.damage.empty())
                with_damage += fmt::format("{}image '{}' of disk '{}': {}", with_damage.empty() ? "" : "; ",
                                           stored.id.text(), stored.manifest->disk.text(), stored.damage);
        } else {
            damaged_ones += (damaged_ones.empty() ? "" : "; ") + stored.manifest.error().message;
        }
    }
    health.checks.push_back(
        {"images readable", damaged_ones.empty(),
         damaged_ones.empty() ? fmt::format("{} images", readable) : base::shortened(damaged_ones, 1000),
         damaged_ones.empty() ? "" : "delete the damaged images and capture them again"});
    health.checks.push_back({"images intact", with_damage.empty(),
                             with_damage.empty() ? "no damage is known" : base::shortened(with_damage, 1000),
                             with_damage.empty() ? ""
                                                 : "capture these servers again (standinctl image backup), which makes "
                                                   "their stand-ins again, too; then delete the damaged images"});
}

void ImageStore::checkDisks(protocol::Health& health) const {
    for (const auto& place : settings_.disks) {
        auto wrong = disks_.changeOf(place);
        if (place.declared.empty() && wrong.empty()) continue;
        const auto sight = lookAt(place);
        if (wrong.empty() && sight.present) wrong = mismatch(place.declared, sight.identity);
        health.checks.push_back(
            {"disk " + place.name.text(), wrong.empty(),
             wrong.empty() ? "is the declared disk, or is not there" : wrong,
             wrong.empty() ? "" : fmt::format("see which disk '{}' is, then mend 'image_store.disks'", place.path)});
    }
    for (const auto& place : settings_.disks) {
        if (!mayBeRenumbered(place.path)) continue;
        health.warnings.push_back(
            fmt::format("disk '{}': '{}' may be another disk after a restart of this host; name it by /dev/disk/by-id",
                        place.name.text(), place.path));
    }
}

base::Result<const DiskPlace*> ImageStore::placeOf(const base::DiskName& disk) const {
    for (const auto& place : settings_.disks) {
        if (place.name == disk) return &place;
    }
    return base::failure(
        base::ErrorCode::NotFound,
        fmt::format("disk '{}' is not known here; name it in 'image_store.disks' of this agent's configuration",
                    disk.text()));
}

}  // namespace standin::image_store
