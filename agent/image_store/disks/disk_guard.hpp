#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "agent/image_store/disks/disk_access.hpp"

namespace standin::image_store {

/// Opens the configured disks, and only if a disk is still the one that was there when the agent started: a path is a
/// name, and links, mounts and device numbers change while the agent runs (rule 5). What counts is the opened file, by
/// device and inode (a device: by its serial number and WWN, or by its number if it reports neither). Thread-safe.
class DiskGuard {
  public:
    DiskGuard(std::vector<DiskPlace> places, std::string images_dir);

    /// Remembers what each disk is now. Disks that are absent are remembered when they are first opened.
    void remember();

    /// As DiskAccess::open(). InvalidInput also: it is not the remembered disk; it is a part of the image store; it is
    /// the same as another configured disk, now or when that one was remembered.
    base::Result<DiskAccess> open(const DiskPlace& place, DiskAccess::Purpose purpose);

    /// How the disk at this place differs from the remembered one; empty: it does not, or it is absent.
    [[nodiscard]] std::string changeOf(const DiskPlace& place) const;

  private:
    struct Known {
        DiskNode node;
        DiskIdentity identity;
    };
    [[nodiscard]] std::string changed(const base::DiskName& name, const Known& now) const;
    [[nodiscard]] std::string partOfStore(const DiskNode& node) const;
    [[nodiscard]] std::string sameAsAnother(const DiskPlace& place, const DiskNode& node) const;

    const std::vector<DiskPlace> places_;
    const std::string images_dir_;
    mutable std::mutex mutex_;
    std::map<base::DiskName, Known> known_;
};

}  // namespace standin::image_store
