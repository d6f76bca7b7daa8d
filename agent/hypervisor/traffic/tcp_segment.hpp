#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// The TCP endpoints that receive a job's requests.
struct JobEndpoint {
    std::uint32_t address = 0;  ///< IPv4, in host byte order
    std::vector<std::uint16_t> ports;
};

/// InvalidInput: `address` is not an IPv4 address.
base::Result<JobEndpoint> jobEndpointFrom(const std::string& address, std::vector<std::uint16_t> ports);

/// The content of a frame that concerns one of the job's connections.
struct TcpSegment {
    std::uint32_t client_address = 0;
    std::uint16_t client_port = 0;
    std::uint16_t job_port = 0;
    bool from_client = false;
    bool syn = false;
    bool ack = false;
    bool fin = false;
    bool rst = false;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint32_t payload = 0;  ///< bytes
};

/// Parses an Ethernet frame, of which only the beginning has to be present. `wire_length` is its original length.
/// Nullopt: it is not a TCP segment (IPv4, first fragment) of the job, or is malformed.
std::optional<TcpSegment> segmentFrom(std::span<const std::byte> frame, std::size_t wire_length,
                                      const JobEndpoint& job);

/// Enough of a frame for segmentFrom(): Ethernet, the longest IPv4 header and the longest TCP header.
inline constexpr std::size_t segment_snap_length = 14 + 60 + 60;

}  // namespace standin::hypervisor
