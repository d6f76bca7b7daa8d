#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// Where a disk's bytes name a network card by this MAC, as configurations do: what a spare, whose card has another
/// MAC, would start without network for. Looked for in the bytes as they are, so that no file system of somebody else's
/// has to be understood: what is compressed or encrypted is not found, and what was deleted may be.
class MacNames {
  public:
    explicit MacNames(const std::string& mac);

    /// The disk's bytes, piece after piece.
    void see(std::string_view bytes);
    /// What was found, each kind once: `systemd-networkd or netplan (MACAddress)`.
    [[nodiscard]] const std::vector<std::string>& found() const { return found_; }

  private:
    void look(std::string_view bytes);

    std::vector<std::string> spellings_;
    std::string end_of_last_;
    std::vector<std::string> found_;
};

/// Reads the disk's data, not its holes, for at most some seconds. Empty: nothing was found.
base::Result<std::string> cardsNamedByMac(const std::string& disk, const std::string& mac,
                                          const std::atomic<bool>& stopping);

}  // namespace standin::hypervisor
