#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/switch/ovs/ovs_fabric.hpp"

namespace standin::tests {

/// A network namespace with one link to a PrivateSwitch: a machine, a client, a leg.
class Machine {
  public:
    Machine(std::string space, std::string port) : space_(std::move(space)), port_(std::move(port)) {}

    [[nodiscard]] const std::string& port() const { return port_; }
    [[nodiscard]] const std::string& space() const { return space_; }

    /// Runs `work` on a thread inside the namespace; sockets made there stay there.
    void inside(const std::function<void()>& work) const;
    /// `ip` inside the namespace.
    std::string ip(std::vector<std::string> arguments) const;
    /// The MAC address that the machine believes `address` to have; empty if it knows none.
    [[nodiscard]] std::string neighbour(const std::string& address) const;

  private:
    std::string space_;
    std::string port_;
};

/// An Open vSwitch of the test's own: database, daemon and sockets in a directory of its own, one userspace bridge.
/// Everything it makes bears its prefix and is taken down by its destructor; what a killed test left behind, the next
/// one takes down.
class PrivateSwitch {
  public:
    PrivateSwitch();
    ~PrivateSwitch();
    PrivateSwitch(const PrivateSwitch&) = delete;
    PrivateSwitch& operator=(const PrivateSwitch&) = delete;

    [[nodiscard]] lan_switch::OvsPlaces places() const;
    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] const std::string& bridge() const { return bridge_; }

    /// The name that `name`'s port has on this switch.
    [[nodiscard]] std::string port(const std::string& name) const { return prefix_ + name; }
    /// A machine with an address (`10.9.1.10/24`, may be empty) at an access port of `vlan` (0: a trunk).
    enum class Place { Here, BehindTrunk };
    Machine addMachine(const std::string& name, const std::string& mac, const std::string& address, int vlan,
                       Place place = Place::Here);
    /// A second switch, linked by a trunk that carries `vlan` with its tag.
    void addSwitchBehindTrunk(int vlan);
    /// Unplugs, and plugs in again with the VLAN of the port's definition, as libvirt does when a domain stops and
    /// starts.
    void unplug(const Machine& machine);
    void plugIn(const Machine& machine, int vlan, Place place = Place::Here);

    std::string vsctl(std::vector<std::string> arguments) const;
    std::string ofctl(std::vector<std::string> arguments) const;
    [[nodiscard]] std::string learnedAddresses() const;

    void startDatabase();
    void stopDatabase();
    /// It answers nobody until it is resumed; what it was asked meanwhile it does then.
    void pauseDatabase();
    void resumeDatabase();
    void startDaemon();
    void stopDaemon();

  private:
    std::string directory_;
    std::string prefix_;
    std::string bridge_;
    std::string space_;  ///< of the daemon: its userspace datapath makes devices whose names are not ours to choose
};

/// Runs a command to success or fails the test with its words.
std::string run(std::vector<std::string> command);

/// Waits until `condition` holds; false after 10 s. For what can only be asked, not awaited.
bool eventually(const std::function<bool()>& condition);

}  // namespace standin::tests
