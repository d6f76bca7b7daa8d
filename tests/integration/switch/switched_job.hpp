#pragma once

#include <string>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/switch/ovs/ovs_fabric.hpp"
#include "agent/switch/segment/segment_keeper.hpp"
#include "tests/integration/switch/job_machine.hpp"
#include "tests/integration/switch/private_switch.hpp"

namespace standin::tests {

inline constexpr const char* job_address = "10.9.1.10";
inline constexpr int job_vlan = 101;
inline constexpr const char* server_mac = "52:54:00:09:01:0a";
inline constexpr const char* spare_mac = "52:54:00:09:09:01";
inline constexpr const char* holder_mac = "52:54:00:09:01:f0";

/// A job's LAN: server, stand-in, spare and both legs of the holder, a client, and a keeper that obeys.
struct SwitchedJob {
    SwitchedJob();
    ~SwitchedJob() { keeper->stop(); }

    [[nodiscard]] protocol::SegmentOrder order(const std::string& owner, const std::string& established = "") const;
    /// With a number above all before.
    base::Result<protocol::Segment> tryOrder(const protocol::SegmentOrder& order);
    /// Carries it out or fails the test.
    protocol::Segment give(const protocol::SegmentOrder& order);
    /// Stops the keeper and begins a new one, as when the agent is restarted.
    void restartKeeper();
    [[nodiscard]] int vlanOf(const Machine& machine) const;

    PrivateSwitch lan;
    Machine client;
    Machine server;
    Machine stand_in;
    Machine spare;
    Machine holder;
    Machine back_leg;
    base::SegmentId id{"job01"};
    base::SystemClock clock;
    std::unique_ptr<lan_switch::OvsFabric> fabric;
    std::unique_ptr<lan_switch::SegmentKeeper> keeper;
    std::atomic<int> repairs{0};
    std::atomic<std::uint64_t> sequence{0};
};

}  // namespace standin::tests
