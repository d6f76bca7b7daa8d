#include "agent/switch/ovs/openflow_connection.hpp"

#include <fmt/format.h>

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;
using std::chrono::milliseconds;

// OpenFlow Switch Specification 1.3.5; numbers and layouts from section 7 and A.
namespace {

constexpr std::uint8_t version_1_3 = 4;
constexpr std::size_t header_bytes = 8;
enum Type : std::uint8_t {
    Hello = 0,
    Failed = 1,
    EchoRequest = 2,
    EchoReply = 3,
    PacketOut = 13,
    FlowMod = 14,
    MultipartRequest = 18,
    MultipartReply = 19,
    BarrierRequest = 20,
    BarrierReply = 21
};
constexpr std::uint32_t no_buffer = 0xffffffff;
constexpr std::uint32_t port_normal = 0xfffffffa;
constexpr std::uint32_t port_any = 0xffffffff;
constexpr std::uint32_t group_any = 0xffffffff;
constexpr std::uint16_t multipart_aggregate = 2;
constexpr std::uint16_t multipart_port_stats = 4;
constexpr std::uint8_t all_tables = 0xff;

std::string be16(std::uint16_t value) {
    return {static_cast<char>(value >> 8U), static_cast<char>(value)};
}
std::string be32(std::uint32_t value) {
    return be16(static_cast<std::uint16_t>(value >> 16U)) + be16(static_cast<std::uint16_t>(value));
}
std::string be64(std::uint64_t value) {
    return be32(static_cast<std::uint32_t>(value >> 32U)) + be32(static_cast<std::uint32_t>(value));
}
std::string zeros(std::size_t count) {
    return std::string(count, '\0');
}

std::uint32_t number(const std::string& bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = (value << 8U) | static_cast<std::uint8_t>(bytes.at(at + i));
    return value;
}

std::string messageOf(Type type, const std::string& body, std::uint32_t transaction = 1) {
    std::string header{static_cast<char>(version_1_3), static_cast<char>(type)};
    return header + be16(static_cast<std::uint16_t>(header_bytes + body.size())) + be32(transaction) + body;
}

std::string packetOut(std::uint32_t of_port, const std::string& frame) {
    const std::string output = be16(0) + be16(16) + be32(port_normal) + be16(0) + zeros(6);
    return messageOf(PacketOut, be32(no_buffer) + be32(of_port) + be16(static_cast<std::uint16_t>(output.size())) +
                                    zeros(6) + output + frame);
}

std::string flowThatExpires(std::uint64_t cookie, std::uint8_t table) {
    constexpr std::uint16_t seconds = 1;
    const std::string any_match = be16(1) + be16(4) + zeros(4);
    const std::string add_to_table{static_cast<char>(table), 0};
    return messageOf(FlowMod, be64(cookie) + be64(0) + add_to_table + be16(0) + be16(seconds) + be16(0) +
                                  be32(no_buffer) + be32(port_any) + be32(group_any) + be16(0) + zeros(2) + any_match);
}

std::string aggregateRequest(std::uint64_t cookie) {
    const std::string any_match = be16(1) + be16(4) + zeros(4);
    const std::string all(1, static_cast<char>(all_tables));
    return messageOf(MultipartRequest, be16(multipart_aggregate) + be16(0) + zeros(4) + all + zeros(3) +
                                           be32(port_any) + be32(group_any) + zeros(4) + be64(cookie) +
                                           be64(~std::uint64_t{0}) + any_match);
}

std::string portStatsRequest(std::uint32_t of_port) {
    return messageOf(MultipartRequest, be16(multipart_port_stats) + be16(0) + zeros(4) + be32(of_port) + zeros(4));
}

}  // namespace

base::Result<void> OpenFlowConnection::inject(std::uint32_t of_port, const std::vector<std::string>& frames,
                                              milliseconds deadline) {
    std::string request;
    for (const auto& frame : frames) request += packetOut(of_port, frame);
    request += messageOf(BarrierRequest, "");
    std::lock_guard lock(mutex_);
    auto answer = exchange(request, BarrierReply, std::chrono::steady_clock::now() + deadline);
    if (!answer) return failure(answer.error());
    return {};
}

base::Result<void> OpenFlowConnection::touch(std::uint64_t cookie, std::uint8_t table, milliseconds deadline) {
    std::lock_guard lock(mutex_);
    auto answer = exchange(flowThatExpires(cookie, table) + messageOf(BarrierRequest, ""), BarrierReply,
                           std::chrono::steady_clock::now() + deadline);
    if (!answer) return failure(answer.error());
    return {};
}

base::Result<std::uint32_t> OpenFlowConnection::flowsWith(std::uint64_t cookie, milliseconds deadline) {
    std::lock_guard lock(mutex_);
    auto answer = exchange(aggregateRequest(cookie), MultipartReply, std::chrono::steady_clock::now() + deadline);
    if (!answer) return failure(answer.error());
    constexpr std::size_t flow_count_at = header_bytes + 8 + 16;
    if (answer->size() < flow_count_at + 4)
        return failure(ErrorCode::Corrupt, "the bridge's answer about its flows is too short");
    return number(*answer, flow_count_at, 4);
}

base::Result<std::uint64_t> OpenFlowConnection::receivedFrames(std::uint32_t of_port, milliseconds deadline) {
    std::lock_guard lock(mutex_);
    auto answer = exchange(portStatsRequest(of_port), MultipartReply, std::chrono::steady_clock::now() + deadline);
    if (!answer) return failure(answer.error());
    constexpr std::size_t received_at = header_bytes + 8 + 8;
    if (answer->size() < received_at + 8)
        return failure(ErrorCode::Corrupt, "the bridge's answer about its port is too short");
    return std::uint64_t{number(*answer, received_at, 4)} << 32U | number(*answer, received_at + 4, 4);
}

base::Result<void> OpenFlowConnection::ensureOpen(base::SteadyTime until) {
    // Nothing is ever sent to us unasked but an echo request or the end of the connection; either way a new one is as
    // good.
    if (socket_.open() && !socket_.disturbed()) return {};
    received_.clear();
    auto socket = UnixSocket::connect(socket_path_);
    if (!socket) return failure(socket.error().within("the bridge does not answer OpenFlow"));
    socket_ = std::move(*socket);
    auto sent = socket_.send(messageOf(Hello, ""));
    if (!sent) return sent;
    auto hello = await(Hello, until);
    if (!hello)
        return failure(hello.error().within(
            "the bridge's OpenFlow greeting failed; does its 'protocols' column allow OpenFlow13?"));
    return {};
}

base::Result<std::string> OpenFlowConnection::exchange(const std::string& request, std::uint8_t awaited_type,
                                                       base::SteadyTime until) {
    auto open = ensureOpen(until);
    auto sent = open ? socket_.send(request) : open;
    auto answer = sent ? await(awaited_type, until) : base::Result<std::string>(failure(sent.error()));
    if (!answer) socket_.close();  // a late answer must not be taken for the next one
    return answer;
}

base::Result<std::string> OpenFlowConnection::await(std::uint8_t awaited_type, base::SteadyTime until) {
    for (;;) {
        auto next = message(until);
        if (!next) return next;
        const auto type = static_cast<std::uint8_t>(next->at(1));
        if (type == awaited_type) return next;
        if (type == Failed) {
            const auto kind = next->size() >= header_bytes + 4 ? number(*next, header_bytes, 4) : 0;
            return failure(ErrorCode::Refused, fmt::format("the bridge refused with OpenFlow error type {} code {}",
                                                           kind >> 16U, kind & 0xffffU));
        }
        if (type != EchoRequest) continue;
        auto sent = socket_.send(messageOf(EchoReply, next->substr(header_bytes), number(*next, 4, 4)));
        if (!sent) return failure(sent.error());
    }
}

base::Result<std::string> OpenFlowConnection::message(base::SteadyTime until) {
    for (;;) {
        const std::size_t length = received_.size() >= header_bytes ? number(received_, 2, 2) : 0;
        if (received_.size() >= header_bytes && length < header_bytes)
            return failure(ErrorCode::Corrupt, "the bridge sent a broken OpenFlow message");
        if (length > 0 && received_.size() >= length) {
            std::string message = received_.substr(0, length);
            received_.erase(0, length);
            return message;
        }
        auto more = socket_.receive(received_, until);
        if (!more) return failure(more.error());
    }
}

}  // namespace standin::lan_switch
