#include "tests/bench/takeover/bare_takeover.hpp"

#include <libvirt/libvirt.h>

#include <memory>
#include <stdexcept>
#include <thread>

#include "agent/base/log.hpp"
#include "agent/switch/ovs/ovsdb_client.hpp"

namespace standin::tests {

namespace {

using namespace std::chrono_literals;
using lan_switch::OvsdbClient;
using protocol::Json;
using Steady = std::chrono::steady_clock;

constexpr auto rest = 1s;  // what the suspension and the move have stirred up is over by then

double since(Steady::time_point begin) {
    return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

class Domain {
  public:
    explicit Domain(const std::string& name)
        : connection_(virConnectOpen("qemu:///system"), &virConnectClose),
          domain_(connection_ ? virDomainLookupByName(connection_.get(), name.c_str()) : nullptr, &virDomainFree) {
        if (!domain_) throw std::runtime_error("libvirt knows no domain " + name);
    }
    void suspend() {
        if (virDomainIsActive(domain_.get()) != 1) throw std::runtime_error("the bare machine is off");
        virDomainSuspend(domain_.get());
    }
    void resume() {
        if (virDomainResume(domain_.get()) != 0) throw std::runtime_error("libvirt did not resume the bare machine");
    }

  private:
    std::unique_ptr<virConnect, int (*)(virConnectPtr)> connection_;
    std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain_;
};

void move(OvsdbClient& client, const std::string& port, int vlan) {
    const Json update{{"op", "update"},
                      {"table", "Port"},
                      {"where", Json::array({Json::array({"name", "==", port})})},
                      {"row", {{"tag", vlan}}}};
    const Json apply{{"op", "mutate"},
                     {"table", "Open_vSwitch"},
                     {"where", Json::array()},
                     {"mutations", Json::array({Json::array({"next_cfg", "+=", 1})})}};
    auto moved = client.transact(Json::array({update, apply}), 2s);
    if (!moved) throw std::runtime_error(moved.error().message);
    if ((*moved)[0].value("count", 0) != 1) throw std::runtime_error("Open vSwitch knows no port " + port);
}

}  // namespace

BareTakeover takeOverBare(const BareMachine& machine, const AskedJob& job) {
    Domain domain(machine.domain);
    OvsdbClient ovsdb("/run/openvswitch/db.sock", "Open_vSwitch", Json{{"Open_vSwitch", {{"columns", {"cur_cfg"}}}}},
                      {[](const Json&) {}, [](const Json&) {}, [] {}}, base::Log("bare", base::LogLevel::Error));
    ovsdb.start();
    domain.suspend();
    // Before anything is measured; the client does not tell when it is connected.
    for (const auto until = Steady::now() + 10s; !ovsdb.connected() && Steady::now() < until;)
        std::this_thread::sleep_for(10ms);
    move(ovsdb, machine.port, machine.quarantine);
    std::this_thread::sleep_for(rest);
    enterNamespace(job.network_namespace);

    BareTakeover takeover;
    auto begin = Steady::now();
    domain.resume();
    takeover.resume_ms = since(begin);
    begin = Steady::now();
    move(ovsdb, machine.port, machine.vlan);
    takeover.segment_ms = since(begin);
    begin = Steady::now();
    askUntilAnswered(job, 2ms, 10s);
    takeover.answer_ms = since(begin);
    return takeover;
}

}  // namespace standin::tests
