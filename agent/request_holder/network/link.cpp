#include "agent/request_holder/network/link.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <string_view>

#include "agent/base/file_descriptor.hpp"
#include "agent/request_holder/network/network_address.hpp"

namespace standin::request_holder {

namespace {

base::FileDescriptor openSocket(int family, int type, int protocol) {
    return base::FileDescriptor(::socket(family, type | SOCK_CLOEXEC, protocol));
}

ifreq requestFor(const std::string& interface) {
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

std::vector<std::string> addressesOf(const std::string& interface) {
    std::vector<std::string> found;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return found;
    for (auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (interface != entry->ifa_name || entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET)
            continue;
        NetworkAddress address;
        address.address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr;
        const auto mask = reinterpret_cast<const sockaddr_in*>(entry->ifa_netmask)->sin_addr.s_addr;
        address.prefix = static_cast<unsigned>(std::popcount(mask));
        found.push_back(address.text());
    }
    ::freeifaddrs(list);
    return found;
}

bool writeSetting(const std::string& path, std::string_view value) {
    const base::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

}  // namespace

Link Link::observe(const std::string& interface) {
    Link link;
    const auto control = openSocket(AF_INET, SOCK_DGRAM, 0);
    auto request = requestFor(interface);
    link.present = ::ioctl(control.get(), SIOCGIFFLAGS, &request) == 0;
    if (!link.present) return link;
    link.up = (request.ifr_flags & IFF_UP) != 0;
    link.carrier = (request.ifr_flags & IFF_RUNNING) != 0;
    link.addresses = addressesOf(interface);
    return link;
}

void fillInChecksums(const std::string& interface) {
    const auto control = openSocket(AF_INET, SOCK_DGRAM, 0);
    auto request = requestFor(interface);
    ethtool_drvinfo driver{};
    driver.cmd = ETHTOOL_GDRVINFO;
    request.ifr_data = reinterpret_cast<char*>(&driver);
    if (::ioctl(control.get(), SIOCETHTOOL, &request) != 0 || std::string_view(driver.driver) != "veth") return;
    ethtool_value off{ETHTOOL_STXCSUM, 0};
    request.ifr_data = reinterpret_cast<char*>(&off);
    ::ioctl(control.get(), SIOCETHTOOL, &request);
}

std::vector<std::string> tuneNamespace(const std::string& interface) {
    const std::string ipv4 = "/proc/sys/net/ipv4/";
    const std::string neighbour = ipv4 + "neigh/" + interface + "/";
    const std::pair<std::string, const char*> settings[] = {
        // A machine that is being resumed misses the first question for its MAC; the kernel asks again only after 1 s
        // otherwise.
        {neighbour + "retrans_time_ms", "10"},
        {neighbour + "mcast_solicit", "20"},
        // Proxied connections all go from one address to one address and port.
        {ipv4 + "ip_local_port_range", "1024 65535"},
        {ipv4 + "tcp_tw_reuse", "1"},
        // IPv4 only: no router solicitations or address checks of IPv6 on the segment.
        {"/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"},
    };
    std::vector<std::string> failed;
    for (const auto& [path, value] : settings) {
        if (::access(path.c_str(), F_OK) == 0 && !writeSetting(path, value)) failed.push_back(path);
    }
    return failed;
}

void forgetNeighbour(const std::string& interface, in_addr address) {
    struct {
        nlmsghdr header;
        ndmsg neighbour;
        rtattr attribute;
        in_addr address;
    } message{};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = RTM_DELNEIGH;
    message.header.nlmsg_flags = NLM_F_REQUEST;
    message.neighbour.ndm_family = AF_INET;
    message.neighbour.ndm_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    message.attribute.rta_type = NDA_DST;
    message.attribute.rta_len = RTA_LENGTH(sizeof address);
    message.address = address;
    const auto netlink = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    // The kernel has handled the message when send() returns; an entry that was not known is not worth a word.
    [[maybe_unused]] const auto sent = ::send(netlink.get(), &message, sizeof message, 0);
}

}  // namespace standin::request_holder
