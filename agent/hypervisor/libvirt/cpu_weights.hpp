#pragma once

namespace standin::hypervisor {

/// Converts weights, of which 100 is normal, to the CPU shares that libvirt passes to the host's control groups.
/// Version 2 uses the same scale; in version 1 a normal group has 1024.
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
