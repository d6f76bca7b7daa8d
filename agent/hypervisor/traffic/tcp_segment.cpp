#include "agent/hypervisor/traffic/tcp_segment.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace standin::hypervisor {

namespace {

constexpr std::size_t ethernet_header = 14;
constexpr std::size_t least_ip_header = 20;
constexpr std::size_t least_tcp_header = 20;
constexpr unsigned ethertype_ipv4 = 0x0800;
constexpr unsigned protocol_tcp = 6;
constexpr unsigned fragment_offset_mask = 0x1fff;

/// Big-endian numbers at an offset; the caller has checked the length.
struct Octets {
    std::span<const std::byte> bytes;
    [[nodiscard]] unsigned one(std::size_t at) const { return std::to_integer<unsigned>(bytes[at]); }
    [[nodiscard]] unsigned two(std::size_t at) const { return one(at) << 8 | one(at + 1); }
    [[nodiscard]] std::uint32_t four(std::size_t at) const { return two(at) << 16 | two(at + 2); }
};

}  // namespace

base::Result<JobEndpoint> jobEndpointFrom(const std::string& address, std::vector<std::uint16_t> ports) {
    in_addr parsed{};
    if (::inet_pton(AF_INET, address.c_str(), &parsed) != 1) {
        return base::failure(base::ErrorCode::InvalidInput, "'" + address + "' is not an IPv4 address");
    }
    return JobEndpoint{ntohl(parsed.s_addr), std::move(ports)};
}

std::optional<TcpSegment> segmentFrom(std::span<const std::byte> frame, std::size_t wire_length,
                                      const JobEndpoint& job) {
    if (frame.size() < ethernet_header + least_ip_header || Octets{frame}.two(12) != ethertype_ipv4)
        return std::nullopt;
    const Octets ip{frame.subspan(ethernet_header)};
    const std::size_t ip_header = (ip.one(0) & 0x0fU) * 4;
    if (ip.one(0) >> 4 != 4 || ip_header < least_ip_header || ip.bytes.size() < ip_header + least_tcp_header)
        return std::nullopt;
    if (ip.one(9) != protocol_tcp || (ip.two(6) & fragment_offset_mask) != 0) return std::nullopt;
    // Segments of more than 64 KiB, which virtio and the host's stack hand each other whole, state a length of 0.
    std::size_t total = ip.two(2);
    if (total == 0 && wire_length > ethernet_header) total = wire_length - ethernet_header;

    const Octets tcp{ip.bytes.subspan(ip_header)};
    const std::size_t tcp_header = (tcp.one(12) >> 4) * std::size_t{4};
    if (tcp_header < least_tcp_header || total < ip_header + tcp_header) return std::nullopt;

    const auto source = ip.four(12);
    const auto destination = ip.four(16);
    const auto source_port = static_cast<std::uint16_t>(tcp.two(0));
    const auto destination_port = static_cast<std::uint16_t>(tcp.two(2));
    const auto serves = [&](std::uint32_t address, std::uint16_t port) {
        return address == job.address && std::find(job.ports.begin(), job.ports.end(), port) != job.ports.end();
    };
    TcpSegment segment;
    segment.from_client = serves(destination, destination_port);
    if (!segment.from_client && !serves(source, source_port)) return std::nullopt;
    segment.client_address = segment.from_client ? source : destination;
    segment.client_port = segment.from_client ? source_port : destination_port;
    segment.job_port = segment.from_client ? destination_port : source_port;
    const auto flags = tcp.one(13);
    segment.fin = (flags & 0x01U) != 0;
    segment.syn = (flags & 0x02U) != 0;
    segment.rst = (flags & 0x04U) != 0;
    segment.ack = (flags & 0x10U) != 0;
    segment.sequence = tcp.four(4);
    segment.acknowledgement = tcp.four(8);
    segment.payload = static_cast<std::uint32_t>(total - ip_header - tcp_header);
    return segment;
}

}  // namespace standin::hypervisor
