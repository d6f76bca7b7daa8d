#pragma once

#include <map>
#include <set>
#include <string>

#include "agent/switch/segment/switch_fabric.hpp"

namespace standin::lan_switch {

/// A replica of the parts of the database `Open_vSwitch` (ovs-vswitchd.conf.db(5)) that the agent needs, updated by the
/// monitor's messages. Not thread-safe.
class OvsdbReplica {
  public:
    using Json = protocol::Json;

    /// The `<monitor-requests>` for exactly the columns that apply() understands.
    static Json monitorRequests();

    void clear();
    /// Applies `<table-updates>`; rows of an unexpected shape are skipped.
    void apply(const Json& tables);

    [[nodiscard]] base::Result<FabricView> view(const std::string& bridge) const;
    /// The last configuration that ovs-vswitchd has applied.
    [[nodiscard]] std::int64_t appliedConfiguration() const { return current_; }

  private:
    struct Bridge {
        std::string name;
        std::set<std::string> ports;
        std::map<std::string, std::string> external_ids;
        SegmentRecords segments;  ///< read from external_ids once per change, not once per view
        std::vector<std::string> problems;
    };
    struct Port {
        PortView view;
        std::set<std::string> interfaces;
    };
    struct Interface {
        std::int64_t of_port = -1;
        bool link_up = false;
    };

    void applyBridge(const std::string& uuid, const Json& row);
    void applyPort(const std::string& uuid, const Json& row);
    void applyInterface(const std::string& uuid, const Json& row);

    std::map<std::string, Bridge> bridges_;
    std::map<std::string, Port> ports_;
    std::map<std::string, Interface> interfaces_;
    std::int64_t wanted_ = 0;
    std::int64_t current_ = 0;
};

}  // namespace standin::lan_switch
