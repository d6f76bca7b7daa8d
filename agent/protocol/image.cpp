#include "agent/protocol/image.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "agent/base/text.hpp"

namespace standin::protocol {

namespace {

constexpr std::array<std::pair<ImageState, const char*>, 5> image_states{{
    {ImageState::Capturing, "capturing"},
    {ImageState::Ready, "ready"},
    {ImageState::Failed, "failed"},
    {ImageState::Damaged, "damaged"},
    {ImageState::Corrupt, "corrupt"},
}};

constexpr std::array<std::pair<RestoreState, const char*>, 6> restore_states{{
    {RestoreState::Waiting, "waiting"},
    {RestoreState::Restoring, "restoring"},
    {RestoreState::Verifying, "verifying"},
    {RestoreState::Done, "done"},
    {RestoreState::Failed, "failed"},
    {RestoreState::Cancelled, "cancelled"},
}};

constexpr std::array<std::pair<VerificationState, const char*>, 5> verification_states{{
    {VerificationState::Waiting, "waiting"},
    {VerificationState::Reading, "reading"},
    {VerificationState::Intact, "intact"},
    {VerificationState::Damaged, "damaged"},
    {VerificationState::Failed, "failed"},
}};

std::string comparable(std::string identity) {
    std::erase_if(identity, [](unsigned char c) { return std::isspace(c) != 0; });
    std::transform(identity.begin(), identity.end(), identity.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const std::string_view prefix : {"wwn-", "naa.", "eui.", "0x"}) {
        if (identity.starts_with(prefix)) identity.erase(0, prefix.size());
    }
    return identity;
}

template <typename State, std::size_t N>
const char* nameIn(const std::array<std::pair<State, const char*>, N>& names, State state) {
    for (const auto& [candidate, name] : names) {
        if (candidate == state) return name;
    }
    return "failed";
}

template <typename State, std::size_t N>
State stateIn(const std::array<std::pair<State, const char*>, N>& names, JsonFields& fields) {
    auto text = fields.text("state");
    for (const auto& [state, name] : names) {
        if (text == name) return state;
    }
    fields.problem("field 'state' has the unknown value '" + base::shortened(text, 40) + "'");
    return State::Failed;
}

}  // namespace

const char* nameOf(ImageState state) {
    return nameIn(image_states, state);
}
const char* nameOf(RestoreState state) {
    return nameIn(restore_states, state);
}
const char* nameOf(VerificationState state) {
    return nameIn(verification_states, state);
}

Json toJson(const Image& image) {
    return {{"id", image.id.text()},
            {"disk", nullable(image.disk)},
            {"state", nameOf(image.state)},
            {"size_bytes", image.size_bytes},
            {"stored_bytes", image.stored_bytes},
            {"block_size", image.block_size},
            {"sector_bytes", image.sector_bytes},
            {"checksum", image.checksum},
            {"created_at", image.created_at},
            {"progress", toJson(image.progress)},
            {"problem", image.problem},
            {"partition_table", image.partition_table},
            {"disk_guid", image.disk_guid},
            {"partitions", image.partitions}};
}

base::Result<Image> imageFrom(const Json& json) {
    JsonFields fields(json, "image", JsonFields::Unknown::Skip);
    Image image;
    image.id = fields.id<base::ImageId>("id");
    image.disk = fields.optionalId<base::DiskName>("disk");
    image.state = stateIn(image_states, fields);
    image.size_bytes = fields.count("size_bytes");
    image.stored_bytes = fields.count("stored_bytes");
    image.block_size = static_cast<std::uint32_t>(fields.integer("block_size", 0, 1 << 30, 0));
    image.sector_bytes = static_cast<std::uint32_t>(fields.integer("sector_bytes", 0, 1 << 20, 0));
    image.checksum = fields.text("checksum", "");
    image.created_at = fields.text("created_at", "");
    image.progress = progressFrom(fields.object("progress"));
    image.problem = fields.text("problem", "");
    image.partition_table = fields.text("partition_table", "");
    image.disk_guid = fields.text("disk_guid", "");
    image.partitions = static_cast<std::uint32_t>(fields.integer("partitions", 0, 1 << 20, 0));
    return fields.finish(image);
}

Json toJson(const ImageDifference& difference) {
    return {{"equal", difference.equal}, {"blocks", difference.blocks}, {"bytes", difference.bytes}};
}

base::Result<ImageDifference> imageDifferenceFrom(const Json& json) {
    JsonFields fields(json, "image difference", JsonFields::Unknown::Skip);
    ImageDifference difference;
    if (!fields.has("equal")) fields.problem("field 'equal' is missing");
    difference.equal = fields.boolean("equal", false);
    difference.blocks = fields.count("blocks");
    difference.bytes = fields.count("bytes");
    return fields.finish(difference);
}

Json toJson(const Restore& restore) {
    return {{"id", restore.id.text()},
            {"image", restore.image.text()},
            {"disk", restore.disk.text()},
            {"state", nameOf(restore.state)},
            {"progress", toJson(restore.progress)},
            {"problem", restore.problem},
            {"note", restore.note},
            {"cause", restore.problem.empty() ? Json(nullptr) : Json(base::nameOf(restore.cause))}};
}

base::Result<Restore> restoreFrom(const Json& json) {
    JsonFields fields(json, "restore", JsonFields::Unknown::Skip);
    Restore restore;
    restore.id = fields.id<base::RestoreId>("id");
    restore.image = fields.id<base::ImageId>("image");
    restore.disk = fields.id<base::DiskName>("disk");
    restore.state = stateIn(restore_states, fields);
    restore.progress = progressFrom(fields.object("progress"));
    // An agent of an earlier release does not say it.
    if (json.contains("cause") && json["cause"].is_string())
        restore.cause = base::errorCodeFrom(json["cause"].get<std::string>());
    restore.problem = fields.text("problem", "");
    restore.note = fields.text("note", "");
    return fields.finish(restore);
}

Json toJson(const ImageVerification& verification) {
    return {{"image", verification.image.text()},        {"state", nameOf(verification.state)},
            {"progress", toJson(verification.progress)}, {"damaged_blocks", verification.damaged_blocks},
            {"ended_at", verification.ended_at},         {"problem", verification.problem},
            {"from_medium", verification.from_medium}};
}

base::Result<ImageVerification> imageVerificationFrom(const Json& json) {
    JsonFields fields(json, "image verification", JsonFields::Unknown::Skip);
    ImageVerification verification;
    verification.image = fields.id<base::ImageId>("image");
    verification.state = stateIn(verification_states, fields);
    verification.progress = progressFrom(fields.object("progress"));
    verification.damaged_blocks = fields.count("damaged_blocks");
    verification.ended_at = fields.text("ended_at", "");
    verification.problem = fields.text("problem", "");
    verification.from_medium = fields.boolean("from_medium", true);
    return fields.finish(verification);
}

bool sameIdentity(const std::string& one, const std::string& other) {
    return comparable(one) == comparable(other);
}

Json toJson(const Disk& disk) {
    return {{"name", disk.name.text()}, {"size_bytes", disk.size_bytes},
            {"present", disk.present},  {"in_use", disk.in_use},
            {"detail", disk.detail},    {"sector_bytes", disk.sector_bytes},
            {"serial", disk.serial},    {"wwn", disk.wwn}};
}

base::Result<Disk> diskFrom(const Json& json) {
    JsonFields fields(json, "disk", JsonFields::Unknown::Skip);
    Disk disk;
    disk.name = fields.id<base::DiskName>("name");
    disk.size_bytes = fields.count("size_bytes");
    disk.present = fields.boolean("present", false);
    disk.in_use = fields.boolean("in_use", false);
    disk.detail = fields.text("detail", "");
    disk.sector_bytes = static_cast<std::uint32_t>(fields.integer("sector_bytes", 0, 1 << 20, 0));
    disk.serial = fields.text("serial", "");
    disk.wwn = fields.text("wwn", "");
    return fields.finish(disk);
}

}  // namespace standin::protocol
