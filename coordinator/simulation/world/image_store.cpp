#include "coordinator/simulation/world/image_store.hpp"

#include <fmt/format.h>

#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;
using protocol::Image;
using protocol::ImageState;
using protocol::Restore;
using protocol::RestoreState;

std::vector<Image> ImageStore::list() const {
    std::vector<Image> all;
    for (const auto& [id, image] : images) all.push_back(image);
    return all;
}

Result<Image> ImageStore::image(const base::ImageId& id) const {
    const auto found = images.find(id.text());
    if (found == images.end()) return failure(ErrorCode::NotFound, fmt::format("there is no image '{}'", id.text()));
    return found->second;
}

Result<Image> ImageStore::capture(const base::ImageId& id, const base::DiskName& disk) {
    if (const auto present = images.find(id.text()); present != images.end()) return present->second;
    const auto* machine = world_.machineWith(disk);
    if (machine == nullptr) return failure(ErrorCode::NotFound, fmt::format("there is no disk '{}'", disk.text()));
    auto begun = transfers.begin("capture " + id.text(), world_.config.timings.image_mib,
                                 [this, name = id.text()](const Result<void>& moved) { captured(name, moved); });
    if (!begun) return failure(begun.error());
    world_.invariants.capturesDisk(machine->name);
    Image& image = images[id.text()];
    image.id = id;
    image.disk = disk;
    image.state = ImageState::Capturing;
    image.size_bytes = image.stored_bytes = world_.config.timings.image_mib << 20;
    const auto content = contents.find(machine->name);
    image.checksum = content == contents.end() ? "content of " + machine->name : content->second;
    image.created_at = base::rfc3339(world_.clock.wall());
    world_.writes.copied(machine->name, id.text());
    return image;
}

void ImageStore::captured(const std::string& id, const Result<void>& moved) {
    const auto found = images.find(id);
    if (found == images.end()) return;
    found->second.state = moved ? ImageState::Ready : ImageState::Failed;
    world_.log.line("image {} is {}", id, moved ? "captured" : "not captured");
}

Result<protocol::ImageDifference> ImageStore::difference(const base::ImageId& a, const base::ImageId& b) const {
    const auto one = image(a);
    const auto other = image(b);
    if (!one) return failure(one.error());
    if (!other) return failure(other.error());
    const bool equal = one->checksum == other->checksum;
    return protocol::ImageDifference{equal, equal ? 0u : 7u, equal ? 0u : 7u * 65536u};
}

void ImageStore::remove(const base::ImageId& id) {
    images.erase(id.text());
    world_.writes.erased(id.text());
}

std::vector<protocol::Disk> ImageStore::disks() const {
    std::vector<protocol::Disk> all;
    for (const auto& [name, spare] : world_.config.inventory.spares) {
        if (const auto other = other_disks.find(name.text()); other != other_disks.end()) {
            all.push_back(other->second);
            continue;
        }
        const Machine& machine = world_.machines.at(name.text());
        all.push_back({spare.disk, machine.disk_mib << 20, true, false, {}, 512, machine.disk_serial, {}});
    }
    return all;
}

std::vector<base::RestoreId> ImageStore::restores() const {
    std::vector<base::RestoreId> ids;
    for (const auto& [id, restore] : restores_) ids.emplace_back(id);
    return ids;
}

Result<Restore> ImageStore::restore(const base::RestoreId& id, const base::ImageId& image_id,
                                    const base::DiskName& disk, VirtualTime commanded_at, const std::string& by) {
    auto present = restores_.find(id.text());
    if (present != restores_.end() && present->second.state != RestoreState::Failed &&
        present->second.state != RestoreState::Cancelled) {
        return restoreState(id);
    }
    auto* machine = world_.machineWith(disk);
    if (machine == nullptr) return failure(ErrorCode::NotFound, fmt::format("there is no disk '{}'", disk.text()));
    const auto known = image(image_id);
    if (!known) return failure(known.error());
    if (!machine->being_written.empty())
        return failure(ErrorCode::Refused,
                       fmt::format("disk '{}' is in use: restore '{}'", disk.text(), machine->being_written));
    if (machine->disk_mib < world_.config.timings.image_mib)
        return failure(ErrorCode::InvalidInput, fmt::format("disk '{}' is too small", disk.text()));
    if (machine->disk_refuses)
        return failure(ErrorCode::Corrupt, fmt::format("disk '{}' cannot be written: input/output error", disk.text()));
    auto begun = transfers.begin("restore " + id.text(), world_.config.timings.image_mib,
                                 [this, name = id.text()](const Result<void>& moved) { restored(name, moved); });
    if (!begun) return failure(begun.error());
    world_.invariants.writesDisk(machine->name, id.text(), commanded_at, by);
    world_.writes.copied(image_id.text(), machine->name);
    machine->being_written = id.text();
    machine->disk_whole = false;
    machine->disk = image_id.text();
    Restore& restore = restores_[id.text()];
    restore = {id, image_id, disk, RestoreState::Restoring, {}, {}};
    restore.progress.total_bytes = world_.config.timings.image_mib << 20;
    world_.log.line("image {} is being written to {}", image_id.text(), machine->name);
    return restore;
}

void ImageStore::restored(const std::string& id, const Result<void>& moved) {
    Restore& restore = restores_.at(id);
    if (!moved) {
        restore.cause = moved.error().code;
        return end(restore, RestoreState::Failed, moved.error().message);
    }
    const std::string image = restore.image.text();
    if (images.count(image) == 0 || corrupt[image]) {
        restore.cause = ErrorCode::Corrupt;
        return end(restore, RestoreState::Failed, fmt::format("a block of image '{}' is damaged", image));
    }
    end(restore, RestoreState::Done, {});
}

void ImageStore::end(Restore& restore, RestoreState state, std::string problem) {
    Machine& machine = *world_.machineWith(restore.disk);
    restore.state = state;
    restore.problem = std::move(problem);
    machine.being_written.clear();
    machine.disk_whole = state == RestoreState::Done;
    world_.log.line("restore of {} is {}{}{}", machine.name, protocol::nameOf(state),
                    restore.problem.empty() ? "" : ": ", restore.problem);
}

Result<Restore> ImageStore::restoreState(const base::RestoreId& id) const {
    const auto found = restores_.find(id.text());
    if (found == restores_.end())
        return failure(ErrorCode::NotFound, fmt::format("there is no restore '{}'", id.text()));
    Restore told = found->second;
    const std::string transfer = "restore " + id.text();
    if (const auto done = transfers.progress(transfer)) {
        told.progress.done_bytes = *done;
        if (transfers.waits(transfer)) told.state = RestoreState::Waiting;
    }
    return told;
}

void ImageStore::cancel(const base::RestoreId& id) {
    const auto found = restores_.find(id.text());
    if (found == restores_.end()) {
        restores_[id.text()] = {id, {}, {}, RestoreState::Cancelled, {}, {}};  // nothing continues under this id
        return;
    }
    if (found->second.state != RestoreState::Restoring) return;
    transfers.cancel("restore " + id.text());
    end(found->second, RestoreState::Cancelled, {});
}

}  // namespace standin::simulation
