#pragma once

#include <map>
#include <string>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/drivers/power_driver.hpp"

namespace standin::config {

/// The outlet that a power device switches, in one notation: its address and, of one with several outlets, which one.
/// Two protocols of one BMC give the same. Empty: the options do not say.
std::string outletOf(const drivers::PowerDevice& device);

/// Outlets that machines claim: each switches one machine, or a fence of one would switch off the other.
class PowerOutlets {
  public:
    /// The devices that are claimed next are those of this machine, for people: `server 'server01'`.
    void begin(std::string machine) { machine_ = std::move(machine); }
    /// `rung` distinguishes the rungs of the machine's ladder: one device may come again on a later rung.
    void claim(base::YamlReader& reader, const drivers::PowerDevice& device, std::size_t rung);

  private:
    struct Claim {
        std::string machine;
        std::string place;
        std::size_t rung = 0;
    };
    std::string machine_;
    std::map<std::string, Claim> claims_;
};

}  // namespace standin::config
