#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "agent/protocol/image.hpp"

namespace standin::hypervisor {

/// The source of a stand-in's disk: the image store's agent.
class ImageSource {
  public:
    virtual ~ImageSource() = default;

    /// The store's description of the image. Refused: it is not ready.
    virtual base::Result<protocol::Image> describe(const std::string& store_url, const base::ImageId& image) = 0;

    /// Writes the image to `path` (created or overwritten; sparse), checks each block's checksum and makes it durable.
    /// Stops soon after `stopping` became true (Refused). Corrupt: the received data differ from what was captured.
    virtual base::Result<void> fetch(const std::string& store_url, const base::ImageId& image, const std::string& path,
                                     const std::function<void(const protocol::Progress&)>& tell,
                                     const std::atomic<bool>& stopping) = 0;
};

}  // namespace standin::hypervisor
