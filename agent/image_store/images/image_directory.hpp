#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/image_store/images/directory_image_repository.hpp"
#include "agent/image_store/images/manifest_table.hpp"

namespace standin::image_store {

/// Names inside an image's directory; the layout is drawn in directory_image_repository.hpp.
using Uses = DirectoryImageRepository::Uses;

struct ImageDirectory {
    std::string path;
    [[nodiscard]] std::string manifest() const { return path + "/manifest"; }
    [[nodiscard]] std::string partial() const { return path + "/manifest.partial"; }
    [[nodiscard]] std::string content() const { return path + "/content"; }
    [[nodiscard]] std::string damageFile() const { return path + "/damaged"; }

    [[nodiscard]] bool exists() const;
    /// True if the image was being made or removed when a program stopped: the directory is empty or has
    /// manifest.partial.
    [[nodiscard]] bool isHalf() const;
    /// What was being captured when a program stopped; nullopt: it was being removed, or nothing is known.
    [[nodiscard]] std::optional<ImageManifest> begunCapture() const;
    /// Removes the image's files and the directory, in an order that leaves an incomplete image after a crash. Foreign
    /// files are kept, and then the directory, too (Refused).
    [[nodiscard]] base::Result<void> remove() const;
    /// The damage that was written down; empty: none.
    [[nodiscard]] std::string damage() const;
    /// Writes damage of image `id` down unless some is known; in memory only if the file system is read-only.
    void markDamaged(const std::string& damage, const base::ImageId& id, Uses& uses) const;
    void clearDamage() const;
    /// Opens the files of image `id`, after checking names and lengths. Corrupt: anything is missing.
    [[nodiscard]] base::Result<struct ImageFiles> load(const base::ImageId& id) const;
};

struct ImageFiles {
    ManifestTable table;
    OpenFile content;
};

/// Takes over a use already started with beginRead().
base::Result<std::unique_ptr<ImageContent>> openDirectoryImage(const ImageDirectory& directory, const base::ImageId& id,
                                                               std::shared_ptr<Uses> uses);
/// Takes over a use already started with beginWrite(). `manifest` has everything except data_blocks and checksum.
base::Result<std::unique_ptr<ImageDraft>> createDirectoryImage(const ImageDirectory& directory, ImageManifest manifest,
                                                               std::shared_ptr<Uses> uses);

}  // namespace standin::image_store
