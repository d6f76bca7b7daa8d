#include "agent/switch/ovs/steering_flows.hpp"

#include <fmt/format.h>

#include <vector>

namespace standin::lan_switch {

namespace {

// "Stan" in the upper half, so that our flows are known among others; then the VLAN and the kind.
constexpr std::uint64_t cookie_base = 0x5374616e'00000000U;
constexpr std::uint32_t local_port = 65534;  // OFPP_LOCAL in OpenFlow 1.0 numbering, as OVSDB gives it

// Far above what is usual in table 0, so that a segment that drains is not at the mercy of other flows.
constexpr int port_priority = 40'000;

// Bounds of what clients can make us remember: a flow takes about 1 KiB of ovs-vswitchd.
constexpr int learned_limit = 65'536;
// After FIN or RST a taken connection may still be waiting for an answer, at most as long as the holder holds (120 s).
constexpr int closing_seconds = 150;

constexpr const char* to_untagged = "load:0->NXM_OF_VLAN_TCI[]";  // the machines' ports are access ports

std::string portText(std::uint32_t port) {
    return port == local_port ? "LOCAL" : std::to_string(port);
}

class FlowText {
  public:
    explicit FlowText(const Steering& steering) : s_(steering) {
        fromClients();
        fromMachines();
        toJob();
        connections();
    }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

  private:
    void add(int table, int priority, const std::string& match, const std::string& actions) {
        lines_.push_back(fmt::format("add cookie={:#x},table={},priority={},{} actions={}", steeringCookie(s_.vlan),
                                     table, priority, match, actions));
    }
    void addJob(int priority, const std::string& match, const std::string& actions) {
        add(121, priority, fmt::format("reg0={}{}{}", s_.vlan, match.empty() ? "" : ",", match), actions);
    }

    [[nodiscard]] std::string toTarget() const {
        return fmt::format("{},set_field:{}->eth_dst,output:{}", to_untagged, s_.target_mac, s_.target);
    }
    [[nodiscard]] std::string toNewOwner() const {
        return fmt::format("{},set_field:{}->eth_dst,output:{}", to_untagged, s_.new_connections_mac,
                           s_.new_connections_port);
    }
    // Goes on as if it had come in at a port of the segment: so it is learned there, and flooded everywhere else.
    [[nodiscard]] std::string learnedAt() const {
        std::string actions;
        for (const auto port : s_.learn_at_ports) {
            actions += fmt::format("{}load:{}->NXM_OF_IN_PORT[],NORMAL", actions.empty() ? "" : ",", port);
        }
        return actions;
    }

    void fromClients() {
        for (const auto& client : s_.clients) {
            const auto onward = fmt::format("set_field:{}->reg0,resubmit(,121)", s_.vlan);
            const auto port = portText(client.of_port);
            if (client.untagged) add(0, port_priority, fmt::format("in_port={},vlan_tci=0", port), onward);
            if (client.tagged) add(0, port_priority, fmt::format("in_port={},dl_vlan={}", port, s_.vlan), onward);
        }
    }

    void fromMachines() {
        // Beside what it says to clients, the target answers the back leg, which is where its port is.
        const auto* beside = s_.back_leg_with_target ? "NORMAL," : "";
        if (s_.target_aside) add(0, port_priority, fmt::format("in_port={}", s_.target), beside + learnedAt());
        if (s_.new_connections_mac == s_.source_mac) return;
        const auto wear = fmt::format("set_field:{}->eth_src,", s_.source_mac);
        add(0, port_priority, fmt::format("in_port={}", s_.new_connections_port), wear + learnedAt());
        add(0, port_priority + 1, fmt::format("in_port={},arp", s_.new_connections_port),
            wear + fmt::format("set_field:{}->arp_sha,", s_.source_mac) + learnedAt());
    }

    void toJob() {
        const bool two = s_.new_connections_port != s_.target;
        const auto address = s_.address;
        // Only the target says where the job is, so clients never see two places.
        addJob(50, fmt::format("arp,arp_op=1,arp_tpa={}", address), toTarget());
        // Both ask for clients in the job's name; neither may be left without the answer.
        addJob(
            50, fmt::format("arp,arp_op=2,arp_tpa={}", address),
            fmt::format("set_field:{}->arp_tha,", s_.target_mac) + toTarget() +
                (two ? fmt::format(",set_field:{}->arp_tha,", s_.new_connections_mac) + toNewOwner() : std::string()));
        // A router's 'fragmentation needed' or 'unreachable' concerns one of the two; the other ignores it.
        if (two) addJob(45, fmt::format("icmp,icmp_type=3,nw_dst={}", address), toTarget() + "," + toNewOwner());
        // Reading the connection's numbers makes the switch's cache distinguish connections; else the first frames
        // after a handshake could take the way that it remembers of another connection.
        addJob(40, fmt::format("tcp,nw_dst={}", address),
               "move:NXM_OF_IP_SRC[]->NXM_NX_REG4[],move:NXM_OF_TCP_SRC[]->NXM_NX_REG5[0..15],"
               "move:NXM_OF_TCP_DST[]->NXM_NX_REG5[16..31],resubmit(,122),resubmit(,123)");
        addJob(30, fmt::format("ip,nw_dst={}", address), toTarget());
        addJob(20, fmt::format("dl_dst={}", s_.source_mac), toTarget());
        if (s_.target_aside) {
            addJob(10, "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
                   fmt::format("NORMAL,{},output:{}", to_untagged, s_.target));
        }
        addJob(0, "", "NORMAL");
    }

    [[nodiscard]] std::string learn(bool taken) const {
        return fmt::format(
            "learn(table=122,priority=10,cookie={:#x},fin_idle_timeout={},limit={},eth_type=0x800,nw_proto=6,NXM_NX_"
            "REG0[],"
            "NXM_OF_IP_SRC[],NXM_OF_IP_DST[],NXM_OF_TCP_SRC[],NXM_OF_TCP_DST[],load:{}->NXM_NX_REG2[0])",
            learnedCookie(s_.vlan), closing_seconds, learned_limit, taken ? 1 : 0);
    }

    void connections() {
        const auto segment = fmt::format("reg0={}", s_.vlan);
        // The detour through ct() makes sure that only a frame that really arrives is learned from: when flows change,
        // the switch goes through its cache with the first frame of each entry, and the SYN of an old connection may be
        // among them.
        const auto detour = fmt::format("ct(table=124,zone={})", s_.vlan);
        if (s_.takes_new) {
            const auto is_new = segment + ",tcp,tcp_flags=+syn-ack";
            if (s_.ports.empty()) add(123, 30, is_new, detour);
            for (const auto port : s_.ports) add(123, 30, is_new + fmt::format(",tp_dst={}", port), detour);
            add(124, 30, segment + ",tcp", learn(true) + "," + toNewOwner());
        } else {
            // The client uses the same port again: that is a new connection, which the new owner has no part in.
            add(123, 30, segment + ",reg2=1,tcp,tcp_flags=+syn-ack", detour);
            add(124, 30, segment + ",tcp", learn(false) + "," + toTarget());
        }
        if (s_.new_connections_port != s_.target) add(123, 20, segment + ",reg2=1,tcp", toNewOwner());
        add(123, 10, segment + ",tcp", toTarget());
    }

    const Steering& s_;
    std::vector<std::string> lines_;
};

}  // namespace

std::uint64_t steeringCookie(Vlan vlan) {
    return cookie_base | (static_cast<std::uint64_t>(vlan) << 8U);
}
std::uint64_t learnedCookie(Vlan vlan) {
    return steeringCookie(vlan) | 1U;
}

std::string steeringFlows(Vlan vlan, const std::optional<Steering>& steering) {
    std::string text = fmt::format("delete cookie={:#x}/-1\n", steeringCookie(vlan));
    if (!steering) return text + fmt::format("delete cookie={:#x}/-1\n", learnedCookie(vlan));
    const FlowText flows(*steering);
    for (const auto& line : flows.lines()) text += line + '\n';
    return text;
}

std::size_t steeringFlowCount(const std::optional<Steering>& steering) {
    if (!steering) return 0;
    return FlowText(*steering).lines().size();
}

}  // namespace standin::lan_switch
