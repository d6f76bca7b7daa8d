#pragma once

#include <string>

#include "agent/image_store/images/open_file.hpp"

namespace standin::image_store {

/// Who uses an open file or block device besides this descriptor, as far as can be seen without disturbing anybody: a
/// machine or a transfer that locked it, a loop device, a mount, a holder (LVM, RAID). Empty if nobody.
std::string userOf(const OpenFile& disk);

/// Locks the bytes that QEMU locks on a raw image. False if somebody has one of them. Ends with the descriptor.
bool lockAgainstMachines(const OpenFile& disk);

}  // namespace standin::image_store
