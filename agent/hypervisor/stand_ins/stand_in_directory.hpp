#pragma once

#include <string>
#include <vector>

#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

/// What is kept of a stand-in over a restart of the agent or its host.
struct StandInRecord {
    enum class Phase {
        Making,  ///< found at start-up: incomplete, because the agent stopped meanwhile
        Made,
        Failed,
        Kept,     ///< only its disk is left, because of what a job wrote on it
        Removing  ///< found at start-up: partly removed
    };
    base::StandInName name;
    protocol::StandInDefinition definition;
    protocol::StandInResources resources;  ///< as commanded; initially the definition's
    std::string uuid;
    std::uint64_t disk_bytes = 0;  ///< the image's size
    Phase phase = Phase::Making;
    std::string problem;
    bool started_once = false;
    std::string
        named_by_mac;  ///< places on its disk that name a network card by the server's MAC; empty: none were found
    std::string accelerated_by;    ///< `kvm` or `tcg`, as in its definition; empty: the host's default
    std::string emulated_because;  ///< why it is not `kvm`
};

/// The stand-ins on disk:
///
///     <stand_in_dir>/
///         acceleration.json       how guests are executed, determined once per boot
///         server01-1/
///             stand_in.json       the record above; the first file made and the last one removed
///             domain.xml          the definition as given to libvirt (FIG. 5)
///             disk.raw            the image's bytes, sparse
///             console.log         the guest's output on its serial console, bounded by virtlogd
class StandInDirectory {
  public:
    explicit StandInDirectory(std::string root);

    /// Creates the root directory. Its directories can be searched by all users, because QEMU runs as a user of its
    /// own.
    base::Result<void> prepare();
    /// The records of all stand-ins; a directory whose record cannot be read is listed in `unreadable` and left
    /// unchanged.
    base::Result<std::vector<StandInRecord>> load(std::vector<std::string>& unreadable) const;
    base::Result<void> save(const StandInRecord& record) const;
    base::Result<void> saveDefinition(const base::StandInName& name, const std::string& xml) const;
    /// Removes the disk and the remains of its fetching; the record stays.
    void removeDisk(const base::StandInName& name) const;
    /// Removes the stand-in's files. Success if absent.
    base::Result<void> remove(const base::StandInName& name) const;

    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] std::string pathOf(const base::StandInName& name) const;
    [[nodiscard]] std::string diskOf(const base::StandInName& name) const;
    /// Bytes allocated for the disk at present; 0 if there is none.
    [[nodiscard]] std::uint64_t allocatedBytes(const base::StandInName& name) const;
    [[nodiscard]] base::Result<std::uint64_t> freeBytes() const;

  private:
    std::string root_;
};

}  // namespace standin::hypervisor
