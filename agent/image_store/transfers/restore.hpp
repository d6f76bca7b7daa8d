#pragma once

#include <string>

#include "agent/image_store/disks/disk_access.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer.hpp"

namespace standin::image_store {

/// InvalidInput if the disk is smaller than the image. Checked before anything is written; a later attempt cannot
/// succeed.
base::Result<void> checkFits(const ImageManifest& image, const DiskAccess& disk);

/// What of a restored disk differs from what was captured, for people; empty: nothing.
struct Restored {
    std::string note;
};

enum class Damage { Refuse, Accept };

/// Makes the disk equal to the image (S189, S212): blocks that the disk has already are not written, every other one is
/// checked before it is written, zeros become holes where possible, and the rest of a larger disk is zeroed. Then what
/// was written is synced, read back from the medium and compared, the zeroed rest too. The backup of a GPT is moved to
/// the end of a larger disk, and that is noted. May be repeated after any interruption. Corrupt: the image's or the
/// disk's data are not what was written; the message says which. `Damage::Accept`: damaged blocks are written as they
/// are stored (zeros where they can't be read) and noted.
base::Result<Restored> restore(ImageContent& image, const DiskAccess& disk, TransferWatch& watch,
                               Damage damage = Damage::Refuse);

}  // namespace standin::image_store
