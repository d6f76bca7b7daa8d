#pragma once

namespace standin::hypervisor {

/// Weights, of which 100 is ordinary, as the CPU shares that libvirt hands to the host's control groups: version 2
/// counts like that itself, in version 1 an ordinary group has 1024.
class CpuWeights {
  public:
    explicit CpuWeights(bool version_2) : version_2_(version_2) {}
    static CpuWeights ofThisHost();

    [[nodiscard]] unsigned sharesOf(unsigned weight) const;
    [[nodiscard]] unsigned weightOf(unsigned shares) const;

  private:
    bool version_2_;
};

}  // namespace standin::hypervisor
