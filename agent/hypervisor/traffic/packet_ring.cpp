#include "agent/hypervisor/traffic/packet_ring.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "agent/base/assertion.hpp"
#include "agent/hypervisor/traffic/tcp_segment.hpp"

namespace standin::hypervisor {

namespace {

using base::ErrorCode;

constexpr std::size_t frame_size = 256;       // the kernel's header (66 bytes before the frame) and segment_snap_length
constexpr std::size_t block_size = 64 << 10;  // a multiple of the page size
constexpr std::size_t block_count = 16;
constexpr std::size_t ring_size = block_size * block_count;
constexpr std::size_t frame_count =
    ring_size / frame_size;  // 4096: some 40 ms of the fastest small segments a tap was seen to carry

base::Unexpected failed(const std::string& what, const std::string& interface) {
    const auto code = errno == EPERM                      ? ErrorCode::Refused
                      : errno == ENODEV || errno == ENXIO ? ErrorCode::NotFound
                                                          : ErrorCode::Internal;
    return base::failure(code,
                         fmt::format("could not {} network interface '{}': {}", what, interface, std::strerror(errno)));
}

/// The kernel's filter for the beginning of every TCP segment from or to `address`. Later fragments have no ports.
class SegmentFilter {
  public:
    explicit SegmentFilter(std::uint32_t address) {
        const std::unique_ptr<pcap_t, decltype(&::pcap_close)> compiler(
            ::pcap_open_dead(DLT_EN10MB, segment_snap_length), &::pcap_close);
        const auto expression = fmt::format("tcp and ip host {}.{}.{}.{} and ip[6:2] & 0x1fff = 0", address >> 24,
                                            address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
        const bool compiled = compiler && ::pcap_compile(compiler.get(), &program_, expression.c_str(), 1, 0) == 0;
        STANDIN_ASSERT(compiled);
    }
    SegmentFilter(const SegmentFilter&) = delete;
    ~SegmentFilter() { ::pcap_freecode(&program_); }

    /// libpcap's instructions are the kernel's (pcap/bpf.h: the layout of a sock_filter).
    [[nodiscard]] sock_fprog forSocket() {
        return {static_cast<unsigned short>(program_.bf_len), reinterpret_cast<sock_filter*>(program_.bf_insns)};
    }

  private:
    bpf_program program_{};
};

template <typename Option>
bool setOption(int socket, int level, int name, const Option& option) {
    return ::setsockopt(socket, level, name, &option, sizeof option) == 0;
}

}  // namespace

base::Result<PacketRing> PacketRing::open(const std::string& interface, std::uint32_t address) {
    const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (index == 0) return failed("find", interface);
    // Protocol 0 receives nothing until bind(), so that nothing comes in unfiltered.
    PacketRing ring(base::FileDescriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), index,
                    interface);
    if (!ring.socket_) return failed("watch", interface);
    SegmentFilter segments(address);
    const auto filter = segments.forSocket();
    const tpacket_req request{block_size, block_count, frame_size, frame_count};
    if (!setOption(ring.socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, filter) ||
        !setOption(ring.socket_.get(), SOL_PACKET, PACKET_VERSION, int{TPACKET_V2}) ||
        !setOption(ring.socket_.get(), SOL_PACKET, PACKET_RX_RING, request)) {
        return failed("watch", interface);
    }
    auto* memory = ::mmap(nullptr, ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.socket_.get(), 0);
    if (memory == MAP_FAILED) return failed("watch", interface);
    ring.ring_.reset(static_cast<std::byte*>(memory));
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_protocol = htons(ETH_P_ALL);  // only with 'all' does the kernel show what goes out of the interface
    place.sll_ifindex = index;
    if (::bind(ring.socket_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
        return failed("watch", interface);
    return ring;
}

PacketRing::PacketRing(base::FileDescriptor socket, int interface_index, std::string interface)
    : socket_(std::move(socket)), interface_index_(interface_index), interface_(std::move(interface)) {}

void PacketRing::Unmap::operator()(std::byte* ring) const {
    ::munmap(ring, ring_size);
}

void PacketRing::drain(const std::function<void(std::span<const std::byte>, std::size_t)>& take) {
    // Bounded by the ring's size, so that a flood can't keep us here.
    for (std::size_t i = 0; i < frame_count; ++i) {
        auto* frame = ring_.get() + next_ * frame_size;
        auto* header = reinterpret_cast<tpacket2_hdr*>(frame);
        if ((__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) return;
        take({frame + header->tp_mac, header->tp_snaplen}, header->tp_len);
        __atomic_store_n(&header->tp_status, std::uint32_t{TP_STATUS_KERNEL}, __ATOMIC_RELEASE);
        next_ = (next_ + 1) % frame_count;
    }
}

std::uint64_t PacketRing::lost() {
    tpacket_stats statistics{};
    socklen_t length = sizeof statistics;
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0) return 0;
    return statistics.tp_drops;
}

bool PacketRing::attached() const {
    if (static_cast<int>(::if_nametoindex(interface_.c_str())) != interface_index_) return false;
    ifreq request{};
    interface_.copy(request.ifr_name, IFNAMSIZ - 1);
    return ::ioctl(socket_.get(), SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
}

}  // namespace standin::hypervisor
