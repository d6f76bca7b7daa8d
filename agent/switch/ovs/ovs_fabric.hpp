#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "agent/base/log.hpp"
#include "agent/switch/ovs/openflow_connection.hpp"
#include "agent/switch/ovs/ovs_places.hpp"
#include "agent/switch/ovs/ovsdb_client.hpp"
#include "agent/switch/ovs/ovsdb_replica.hpp"
#include "agent/switch/segment/switch_fabric.hpp"

namespace standin::lan_switch {

/// One bridge of Open vSwitch: VLANs and records through OVSDB, announcements through OpenFlow, steering through
/// `ovs-ofctl` (not on the takeover path). Records are stored in the bridge's external_ids, quarantines in those of the
/// ports.
class OvsFabric final : public SwitchFabric {
  public:
    OvsFabric(OvsPlaces places, base::Log log);
    ~OvsFabric() override;

    void start(std::function<void()> on_change) override;
    void stop() override;
    /// Whether ovs-vswitchd answers on its control socket within the time of a health check.
    [[nodiscard]] base::Result<void> daemonAnswers() const;
    base::Result<FabricSnapshot> view() override;
    base::Result<void> commit(const FabricView& view, const FabricChange& change) override;
    base::Result<void> announce(const Announcement& announcement) override;
    base::Result<void> steer(const base::SegmentId& segment, Vlan vlan,
                             const std::optional<Steering>& steering) override;
    base::Result<std::optional<std::uint64_t>> receivedFrames(const std::string& port) override;
    base::Result<bool> steered(Vlan vlan) override;

  private:
    void apply(const protocol::Json& tables, bool all);
    void lose();
    base::Result<void> awaitApplied(std::int64_t configuration);
    base::Result<void> settle();
    base::Result<void> readBack(const FabricChange& change);
    base::Result<void> forgetStale(const Announcement& announcement, std::uint32_t of_port);
    [[nodiscard]] std::string runDirectory() const;

    const OvsPlaces places_;
    const base::Log log_;
    std::function<void()> on_change_;

    mutable std::mutex mutex_;  ///< guards what follows, up to the connections
    std::condition_variable replica_changed_;
    OvsdbReplica replica_;
    FabricSnapshot moment_;  ///< made from the replica on demand, valid until it changes
    bool current_ = false;   ///< the replica follows the database; false while the connection is lost
    std::map<Vlan, std::size_t> expected_flows_;

    OvsdbClient ovsdb_;
    OpenFlowConnection openflow_;
};

}  // namespace standin::lan_switch
