#pragma once

#include <memory>
#include <string>

#include "agent/hypervisor/libvirt/bounded_calls.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::hypervisor {

class LibvirtConnection;
class LibvirtSession;

/// Domains of `qemu:///system`, or of `test:///default` for contract tests. The connection is opened at first use,
/// kept, and opened again after it broke.
class LibvirtDomains final : public Domains {
  public:
    explicit LibvirtDomains(const std::string& uri);
    ~LibvirtDomains() override;

    base::Result<void> define(const std::string& xml) override;
    base::Result<void> undefine(const std::string& uuid) override;
    base::Result<DomainStatus> status(const std::string& uuid) override;
    base::Result<DomainStatus> change(const std::string& uuid, DomainVerb verb) override;
    base::Result<DomainView> view(const std::string& uuid) override;
    base::Result<void> setResources(const std::string& uuid, const protocol::StandInResources& resources) override;
    base::Result<base::WallTime> readClock(const std::string& uuid) override;
    base::Result<unsigned> bringCpusOnline(const std::string& uuid, unsigned wanted) override;
    base::Result<void> setClock(const std::string& uuid, base::WallTime time) override;
    base::Result<bool> showsLife(const std::string& uuid) override;
    [[nodiscard]] std::uint64_t eventsSeen() const override;
    void waitForEvent(std::uint64_t seen, std::chrono::milliseconds longest) override;
    base::Result<HypervisorHost> host() override;

  private:
    template <typename T>
    base::Result<T> call(const std::string& what, std::chrono::milliseconds deadline,
                         std::function<base::Result<T>(LibvirtSession&)> action);

    std::shared_ptr<LibvirtConnection> connection_;
    BoundedCalls calls_;
};

}  // namespace standin::hypervisor
