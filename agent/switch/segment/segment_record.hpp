#pragma once

#include <string>

#include "agent/switch/segment/switch_fabric.hpp"

namespace standin::lan_switch {

/// A record as the text that a switch's database keeps: `{"order": …, "quarantine": {"port": vlan},
/// "number": {"epoch": …, "sequence": …}}`.
std::string textOf(const SegmentRecord& record);

/// Corrupt if somebody else has written there.
base::Result<SegmentRecord> segmentRecordFrom(const std::string& text);

}  // namespace standin::lan_switch
