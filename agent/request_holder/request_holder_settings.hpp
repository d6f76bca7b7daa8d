#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/identifier.hpp"
#include "agent/request_holder/data_path/pace.hpp"
#include "agent/request_holder/http_mode/http_limits.hpp"
#include "agent/request_holder/network/network_address.hpp"

namespace standin::base {
class YamlReader;
}

namespace standin::request_holder {

struct LegSettings {
    std::string interface;  ///< given to the agent, e.g. one end of a veth whose other end is a switch port
    NetworkAddress address;
    std::optional<std::string> gateway;  ///< towards clients beyond the segment
};

struct JobSettings {
    base::JobName name;
    LegSettings front;  ///< has the job's own address
    LegSettings back;
    std::vector<std::uint16_t> ports;
    std::vector<std::uint16_t> http_ports;  ///< of these, those in `http` mode; the others are in `tcp` mode
    http_mode::HttpLimits http;
    HoldLimits limits;
    bool proxied_said = false;  ///< otherwise `limits.proxied` is reduced to what the process may open
    ReleaseOrder order = ReleaseOrder::Arrival;
    std::size_t window = 256;  ///< in the order `arrival`: at most so many of what was held are under way at once
    Milliseconds answer_wait{2'000};  ///< how long at most one without an answer keeps its place in the window
};

/// The section `request_holder:` of an agent's configuration.
struct RequestHolderSettings {
    std::vector<JobSettings> jobs;
};

/// Reads the section strictly; problems are recorded in the reader's YamlProblems.
RequestHolderSettings requestHolderSettingsFrom(base::YamlReader& reader);

}  // namespace standin::request_holder
