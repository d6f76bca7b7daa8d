#pragma once

#include "agent/image_store/disks/disk_access.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer.hpp"

namespace standin::image_store {

/// InvalidInput, before anything is written, if the disk is smaller than the image: no other time makes it fit.
base::Result<void> checkFits(const ImageManifest& image, const DiskAccess& disk);

/// Makes the disk equal to the image (S189, S212): every block is checked before it is written, zeros are made as holes
/// where that is possible, the rest of a larger disk is zeroed. Then all is synced and read back from the medium and
/// compared. May be repeated after any interruption. Corrupt: the image or the disk gave back something else than was
/// written to it; says which.
base::Result<void> restore(ImageContent& image, const DiskAccess& disk, TransferWatch& watch);

}  // namespace standin::image_store
