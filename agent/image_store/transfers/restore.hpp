#pragma once

#include "agent/image_store/disks/disk_access.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer.hpp"

namespace standin::image_store {

/// InvalidInput if the disk is smaller than the image. Checked before anything is written; a later attempt cannot
/// succeed.
base::Result<void> checkFits(const ImageManifest& image, const DiskAccess& disk);

/// Makes the disk equal to the image (S189, S212): every block is checked before it is written, zeros become holes
/// where possible, and the rest of a larger disk is zeroed. Then everything is synced, read back from the medium and
/// compared. May be repeated after any interruption. Corrupt: the image's or the disk's data are not what was written;
/// the message says which.
base::Result<void> restore(ImageContent& image, const DiskAccess& disk, TransferWatch& watch);

}  // namespace standin::image_store
