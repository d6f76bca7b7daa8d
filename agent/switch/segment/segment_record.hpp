#pragma once

#include <string>

#include "agent/switch/segment/switch_fabric.hpp"

namespace standin::lan_switch {

/// The record as text for a switch's database: `{"order": …, "quarantine": {"port": vlan}, "number": {"epoch": …,
/// "sequence": …}}`.
std::string textOf(const SegmentRecord& record);

/// Parses a record. Corrupt: something else was written there.
base::Result<SegmentRecord> segmentRecordFrom(const std::string& text);

}  // namespace standin::lan_switch
