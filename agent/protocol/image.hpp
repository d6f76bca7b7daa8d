#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

/// Damaged: readable, but some blocks are known to differ from what was captured. Corrupt: not readable as an image.
enum class ImageState { Capturing, Ready, Failed, Damaged, Corrupt };
const char* nameOf(ImageState state);

/// `GET /v1/images/{id}`: a sector-level copy of a disk. It never changes once it is ready.
struct Image {
    base::ImageId id;
    base::DiskName disk;  ///< the disk that was captured
    ImageState state = ImageState::Failed;
    std::uint64_t size_bytes = 0;    ///< of the disk
    std::uint64_t stored_bytes = 0;  ///< bytes that are not zero
    std::uint32_t block_size = 0;
    std::uint32_t sector_bytes = 0;  ///< of the disk (logical); 0: not known
    std::string checksum;            ///< of the whole; equal checksums are equal images (S144)
    std::string created_at;          ///< RFC 3339
    Progress progress;               ///< while capturing
    std::string problem;
    std::string partition_table{};  ///< `gpt`, `mbr`, `none`; empty: not known
    std::string disk_guid{};        ///< of a GPT; of an MBR its signature
    std::uint32_t partitions = 0;
};
Json toJson(const Image& image);
base::Result<Image> imageFrom(const Json& json);

/// `GET /v1/images/{a}/difference/{b}` (S144).
struct ImageDifference {
    bool equal = false;
    std::uint64_t blocks = 0;  ///< that differ
    std::uint64_t bytes = 0;
};
Json toJson(const ImageDifference& difference);
base::Result<ImageDifference> imageDifferenceFrom(const Json& json);

enum class RestoreState { Waiting, Restoring, Verifying, Done, Failed, Cancelled };
const char* nameOf(RestoreState state);

/// `PUT /v1/restores/{id}` takes `image` and `disk`; `GET` returns everything. Done means read back and equal.
struct Restore {
    base::RestoreId id;
    base::ImageId image;
    base::DiskName disk;
    RestoreState state = RestoreState::Waiting;
    Progress progress;
    std::string problem;
    base::ErrorCode cause = base::ErrorCode::Refused;  ///< error code of a failure: decides whether to retry
    std::string note{};  ///< of a restore that is done: what differs from the image on purpose
};
Json toJson(const Restore& restore);
base::Result<Restore> restoreFrom(const Json& json);

enum class VerificationState { Waiting, Reading, Intact, Damaged, Failed };
const char* nameOf(VerificationState state);

/// `GET /v1/images/{id}/verification`: the image's blocks are read again and compared with their checksums.
struct ImageVerification {
    base::ImageId image;
    VerificationState state = VerificationState::Waiting;
    Progress progress;
    std::uint64_t damaged_blocks = 0;
    std::string ended_at;     ///< RFC 3339; empty until it has ended
    std::string problem;      ///< the first damage, or why nothing is known; with the cure
    bool from_medium = true;  ///< false: read through the page cache, since the file system has no direct reads
};
Json toJson(const ImageVerification& verification);
base::Result<ImageVerification> imageVerificationFrom(const Json& json);

/// `GET /v1/disks`: the machines' disks that this host can access.
struct Disk {
    base::DiskName name;
    std::uint64_t size_bytes = 0;
    bool present = false;
    bool in_use = false;  ///< used by a running machine or a mount
    std::string detail;
    std::uint32_t sector_bytes = 0;  ///< logical; 0: not known
    std::string serial{};            ///< of the device; empty: not reported
    std::string wwn{};               ///< likewise
};
Json toJson(const Disk& disk);
/// True if two serial numbers or WWNs are the same: `naa.5000…`, `0x5000…` and `5000…` are one number.
bool sameIdentity(const std::string& one, const std::string& other);
base::Result<Disk> diskFrom(const Json& json);

}  // namespace standin::protocol
