#pragma once

/// Names of what the agent writes into Open vSwitch's database, besides access VLANs.
namespace standin::lan_switch {

inline constexpr const char* database_name = "Open_vSwitch";
inline constexpr const char* segment_key_prefix = "standin-segment-";  ///< Bridge external_ids: a SegmentRecord as text
inline constexpr const char* quarantine_key =
    "standin-quarantine";  ///< Port external_ids: the port's own quarantine VLAN
inline constexpr const char* durable_key =
    "standin-durable";  ///< Open_vSwitch external_ids: configuration that is on disk

}  // namespace standin::lan_switch
