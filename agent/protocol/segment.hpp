#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

/// A machine that may have the job's address: `server`, `stand-in`, `spare` or the request holder's front leg `holder`.
struct SegmentMember {
    base::MemberName name;
    base::PortName port;
    std::string mac;  ///< the machine's own, `52:54:00:…`
    bool operator==(const SegmentMember&) const = default;
};

/// The wanted owner of a segment: absolute, the body of `PUT /v1/segments/{segment}`. The owner's port is in the
/// segment's VLAN, every other member's in a quarantine of its own; a former member's port goes to quarantine, too.
/// There is never more than one owner.
struct SegmentOrder {
    std::uint16_t vlan = 0;
    std::string address;  ///< the job's IPv4 address
    std::vector<std::uint16_t>
        job_ports;  ///< the job's TCP ports: only connections to them go to the holder; empty = all
    std::vector<SegmentMember> members;
    base::MemberName owner;        ///< empty (null): no owner; this is the port fence
    base::MemberName established;  ///< only with owner `holder`: existing connections stay with this member (draining)
    bool proxied =
        false;  ///< connections that the holder accepted continue through it although another member owns the segment
    base::PortName back_leg_port;  ///< the holder's back leg; empty = none
    base::MemberName back_leg_to;  ///< the member whose quarantine the back leg joins; empty = its own
    bool operator==(const SegmentOrder&) const = default;

    [[nodiscard]] const SegmentMember* member(const base::MemberName& name) const;
};
Json toJson(const SegmentOrder& order);
base::Result<SegmentOrder> segmentOrderFrom(const Json& json);

/// A member's port as read back from the switch.
struct SegmentPort {
    base::MemberName member;
    base::PortName port;
    bool present = false;  ///< false: the switch has no such port (the machine is gone), so it is not on the segment
    std::optional<std::uint16_t> vlan;  ///< its access VLAN now
};

/// `GET /v1/segments/{segment}`, and the answer to the PUT.
struct Segment {
    base::SegmentId id;
    SegmentOrder order;
    std::vector<SegmentPort> ports;
    bool verified = false;  ///< read back after the transaction: exactly the owner's port is in the segment's VLAN
    std::vector<std::string> warnings;
    double transaction_ms = 0;  ///< of the last PUT: OVSDB transaction until applied by the switch
    double announce_ms = 0;     ///< of the last PUT: until the first announcement had been injected; 0 = none was due
};
Json toJson(const Segment& segment);
base::Result<Segment> segmentFrom(const Json& json);

/// An item of `GET /v1/ports?port=NAME`: what a switch port tells of the machine behind it.
struct PortReading {
    base::PortName port;
    bool present = false;  ///< false: the switch has no such port, so there is no machine behind it
    bool carrier = false;  ///< the other end is up; false where the port is absent
    std::optional<std::uint64_t> received_frames;  ///< from the machine since the port came up; nullopt: not known
};
Json toJson(const PortReading& reading);
/// Skips other fields, which describe the port's configuration.
base::Result<PortReading> portReadingFrom(const Json& json);

}  // namespace standin::protocol
