#include "tests/integration/switch/switched_job.hpp"

#include <cstdlib>
#include <stdexcept>

namespace standin::tests {

namespace {

const std::string job_network = std::string(job_address) + "/24";

base::Log logOfTest() {
    return base::Log("test",
                     std::getenv("STANDIN_TEST_LOG") != nullptr ? base::LogLevel::Debug : base::LogLevel::Error);
}

}  // namespace

SwitchedJob::SwitchedJob()
    : client(lan.addMachine("client", "52:54:00:09:01:64", "10.9.1.100/24", job_vlan)),
      server(lan.addMachine("srv", server_mac, job_network, job_vlan)),
      stand_in(lan.addMachine("sti", server_mac, job_network, 4000)),
      spare(lan.addMachine("spr", spare_mac, job_network, 4001)),
      holder(lan.addMachine("hf", holder_mac, job_network, 4002)),
      back_leg(lan.addMachine("hb", "52:54:00:09:01:b0", "10.9.1.250/24", 4003)) {
    restartKeeper();
}

void SwitchedJob::restartKeeper() {
    keeper.reset();
    fabric = std::make_unique<lan_switch::OvsFabric>(lan.places(), logOfTest());
    lan_switch::KeeperObserver observer{nullptr, [this](const std::string&) { ++repairs; }};
    keeper = std::make_unique<lan_switch::SegmentKeeper>(*fabric, lan_switch::VlanRange{3000, 3999}, observer, clock,
                                                         logOfTest());
    keeper->start();
    if (!eventually([this] { return keeper->view().has_value(); }))
        throw std::runtime_error("the switch did not answer");
}

protocol::SegmentOrder SwitchedJob::order(const std::string& owner, const std::string& established) const {
    protocol::SegmentOrder order;
    order.vlan = job_vlan;
    order.address = job_address;
    auto add = [&](const char* name, const Machine& machine, const char* mac) {
        order.members.push_back({base::MemberName(name), base::PortName(machine.port()), mac});
    };
    add("server", server, server_mac);
    add("stand-in", stand_in, server_mac);
    add("spare", spare, spare_mac);
    add("holder", holder, holder_mac);
    order.owner = base::MemberName(owner);
    order.established = base::MemberName(established);
    order.back_leg_port = base::PortName(back_leg.port());
    return order;
}

base::Result<protocol::Segment> SwitchedJob::tryOrder(const protocol::SegmentOrder& order) {
    return keeper->order(id, order, {1, ++sequence});
}

protocol::Segment SwitchedJob::give(const protocol::SegmentOrder& order) {
    auto segment = tryOrder(order);
    if (!segment) throw std::runtime_error(segment.error().message);
    return *segment;
}

int SwitchedJob::vlanOf(const Machine& machine) const {
    auto now = keeper->view();
    if (!now) throw std::runtime_error(now.error().message);
    const auto* port = (*now)->port(machine.port());
    return port != nullptr && port->tag ? *port->tag : -1;
}

}  // namespace standin::tests
