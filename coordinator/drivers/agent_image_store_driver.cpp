#include "coordinator/drivers/agent_image_store_driver.hpp"

#include "coordinator/drivers/agent_answer.hpp"

namespace standin::drivers {

using protocol::CommandStamp;
using protocol::Image;
using protocol::Json;
using protocol::Restore;

namespace {

std::string pathOf(const base::ImageId& id) {
    return "/v1/images/" + id.text();
}
std::string pathOf(const base::RestoreId& id) {
    return "/v1/restores/" + id.text();
}
std::string phraseOf(const base::ImageId& id) {
    return "image '" + id.text() + "'";
}
std::string phraseOf(const base::RestoreId& id) {
    return "restore '" + id.text() + "'";
}

base::Result<std::vector<Image>> imagesFrom(const Json& json) {
    protocol::JsonFields fields(json, "images", protocol::JsonFields::Unknown::Skip);
    std::vector<Image> images;
    for (const auto& item : fields.array("images")) {
        auto image = protocol::imageFrom(item);
        if (!image) return base::failure(image.error());
        images.push_back(std::move(*image));
    }
    return fields.finish(std::move(images));
}

base::Result<std::vector<protocol::Disk>> disksFrom(const Json& json) {
    protocol::JsonFields fields(json, "disks", protocol::JsonFields::Unknown::Skip);
    std::vector<protocol::Disk> disks;
    for (const auto& item : fields.array("disks")) {
        auto disk = protocol::diskFrom(item);
        if (!disk) return base::failure(disk.error());
        disks.push_back(std::move(*disk));
    }
    return fields.finish(std::move(disks));
}

base::Result<std::vector<base::RestoreId>> restoresFrom(const Json& json) {
    protocol::JsonFields fields(json, "restores", protocol::JsonFields::Unknown::Skip);
    std::vector<base::RestoreId> restores;
    for (const auto& item : fields.array("restores")) {
        auto restore = protocol::restoreFrom(item);
        if (!restore) return base::failure(restore.error());
        restores.push_back(restore->id);
    }
    return fields.finish(std::move(restores));
}

}  // namespace

AgentImageStoreDriver::AgentImageStoreDriver(std::shared_ptr<protocol::AgentClient> client)
    : client_(std::move(client)) {}

base::Result<std::vector<Image>> AgentImageStoreDriver::images(Deadline deadline) {
    return messageIn(*client_, "its images", client_->get("/v1/images", deadline), imagesFrom);
}

base::Result<std::vector<base::RestoreId>> AgentImageStoreDriver::restores(Deadline deadline) {
    return messageIn(*client_, "its restores", client_->get("/v1/restores", deadline), restoresFrom);
}

base::Result<Image> AgentImageStoreDriver::image(const base::ImageId& id, Deadline deadline) {
    return messageIn(*client_, phraseOf(id), client_->get(pathOf(id), deadline), protocol::imageFrom);
}

base::Result<Image> AgentImageStoreDriver::capture(const CommandStamp& stamp, const base::ImageId& id,
                                                   const base::DiskName& disk, Deadline deadline) {
    return messageIn(*client_, phraseOf(id), client_->put(pathOf(id), {{"disk", disk.text()}}, stamp, deadline),
                     protocol::imageFrom);
}

base::Result<protocol::ImageDifference> AgentImageStoreDriver::difference(const base::ImageId& a,
                                                                          const base::ImageId& b, Deadline deadline) {
    return messageIn(*client_, "the difference of " + phraseOf(a) + " and " + phraseOf(b),
                     client_->get(pathOf(a) + "/difference/" + b.text(), deadline), protocol::imageDifferenceFrom);
}

base::Result<void> AgentImageStoreDriver::remove(const CommandStamp& stamp, const base::ImageId& id,
                                                 Deadline deadline) {
    return removed(client_->remove(pathOf(id), stamp, deadline));
}

base::Result<protocol::ImageVerification> AgentImageStoreDriver::verify(const CommandStamp& stamp,
                                                                        const base::ImageId& id, Deadline deadline) {
    return messageIn(*client_, "the verification of " + phraseOf(id),
                     client_->put(pathOf(id) + "/verification", Json::object(), stamp, deadline),
                     protocol::imageVerificationFrom);
}

base::Result<protocol::ImageVerification> AgentImageStoreDriver::verification(const base::ImageId& id,
                                                                              Deadline deadline) {
    return messageIn(*client_, "the verification of " + phraseOf(id),
                     client_->get(pathOf(id) + "/verification", deadline), protocol::imageVerificationFrom);
}

base::Result<std::vector<protocol::Disk>> AgentImageStoreDriver::disks(Deadline deadline) {
    return messageIn(*client_, "its disks", client_->get("/v1/disks", deadline), disksFrom);
}

base::Result<Restore> AgentImageStoreDriver::restore(const CommandStamp& stamp, const base::RestoreId& id,
                                                     const base::ImageId& image, const base::DiskName& disk,
                                                     Deadline deadline) {
    Json body{{"image", image.text()}, {"disk", disk.text()}};
    return messageIn(*client_, phraseOf(id), client_->put(pathOf(id), body, stamp, deadline), protocol::restoreFrom);
}

base::Result<Restore> AgentImageStoreDriver::restoreState(const base::RestoreId& id, Deadline deadline) {
    return messageIn(*client_, phraseOf(id), client_->get(pathOf(id), deadline), protocol::restoreFrom);
}

base::Result<void> AgentImageStoreDriver::cancelRestore(const CommandStamp& stamp, const base::RestoreId& id,
                                                        Deadline deadline) {
    return removed(client_->remove(pathOf(id), stamp, deadline));
}

}  // namespace standin::drivers
