#pragma once

#include <string>

#include "agent/image_store/images/open_file.hpp"

namespace standin::image_store {

/// What uses an open file or block device besides this descriptor, as far as can be found out without disturbing it: a
/// machine or a transfer that locked it, a loop device, a mount, a holder (LVM, RAID). Empty: nothing.
std::string userOf(const OpenFile& disk);

/// Locks the bytes that QEMU locks on a raw image. False if one of them is already locked. The lock ends with the
/// descriptor.
bool lockAgainstMachines(const OpenFile& disk);

}  // namespace standin::image_store
