#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// Finds the places where a disk's bytes name a network card by this MAC, as configuration files do. A spare, whose
/// card has another MAC, would start without network because of them. The bytes are searched without reading the file
/// system, so that no foreign file system has to be parsed: compressed or encrypted places are not found, and deleted
/// ones may be.
class MacNames {
  public:
    explicit MacNames(const std::string& mac);

    /// Processes the disk's bytes, piece by piece.
    void see(std::string_view bytes);
    /// The kinds of places found, each once: `systemd-networkd or netplan (MACAddress)`.
    [[nodiscard]] const std::vector<std::string>& found() const { return found_; }

  private:
    void look(std::string_view bytes);

    std::vector<std::string> spellings_;
    std::string end_of_last_;
    std::vector<std::string> found_;
};

/// Searches the disk's data, not its holes, for some seconds at most. Empty: nothing was found.
base::Result<std::string> cardsNamedByMac(const std::string& disk, const std::string& mac,
                                          const std::atomic<bool>& stopping);

}  // namespace standin::hypervisor
