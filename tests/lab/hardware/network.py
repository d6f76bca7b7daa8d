"""The lab's LAN: an Open vSwitch bridge in user space, the client's namespace and the cables of the request holder."""

from hardware import plan
from hardware.host import run, succeeds


def build(record):
    _build_switch(record)
    _build_client(record)
    for segment in plan.SEGMENTS:
        for number, cable in enumerate(segment.holder_ports):
            # Each in a VLAN of its own until the switch agent takes them over: two of them will have the job's address.
            _build_cable(record, *cable, tag=plan.UNUSED_VLAN + 1 + 2 * plan.SEGMENTS.index(segment) + number)
    for machine in plan.MACHINES:
        build_machine_port(record, machine)


def take_down(record):
    for name in record.of("bridge"):
        run("ovs-vsctl", "--timeout=10", "--if-exists", "del-br", name)
        record.remove("bridge", name)
    # The holder's ends may be in a namespace of an agent; the end here takes the other one with it.
    for name in record.of("link"):
        if succeeds("ip", "link", "show", "dev", name):
            run("ip", "link", "delete", "dev", name)
        record.remove("link", name)
    for name in record.of("namespace"):
        if succeeds("ip", "netns", "pids", name):
            run("ip", "netns", "delete", name)
        record.remove("namespace", name)


def port_tag(port):
    return run("ovs-vsctl", "--timeout=10", "get", "port", port, "tag").strip()


def _build_switch(record):
    record.add("bridge", plan.BRIDGE)
    run("ovs-vsctl", "--timeout=10", "--may-exist", "add-br", plan.BRIDGE, "--", "set", "bridge", plan.BRIDGE, "datapath_type=netdev")
    run("ip", "link", "set", plan.BRIDGE, "up")


def _add_port(port, tag):
    run("ovs-vsctl", "--timeout=10", "--may-exist", "add-port", plan.BRIDGE, port, f"tag={tag}")


def _quiet(link):
    """No addresses of its own, no unfinished checksums: the switch in user space passes frames on as they are."""
    with open(f"/proc/sys/net/ipv6/conf/{link}/disable_ipv6", "w", encoding="ascii") as knob:
        knob.write("1")
    run("ethtool", "-K", link, "tx", "off", check=False)


def _build_cable(record, port, end, mac, tag):
    record.add("link", port)
    run("ip", "link", "add", port, "type", "veth", "peer", "name", end, "address", mac)
    for link in (port, end):
        _quiet(link)
        run("ip", "link", "set", link, "up")
    _add_port(port, tag)


def _build_client(record):
    name = plan.CLIENT_NAMESPACE
    record.add("namespace", name)
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")
    for segment in plan.SEGMENTS:
        end = segment.client_port + "0"
        number = segment.client_address.split(".")[2]
        _build_cable(record, segment.client_port, end, f"52:54:00:77:0{number}:64", segment.vlan)
        run("ip", "link", "set", end, "netns", name)
        run("ip", "-n", name, "address", "add", segment.client_address + "/24", "dev", end)
        run("ip", "-n", name, "link", "set", end, "up")


def build_machine_port(record, machine):
    """The port stays when the machine is off, with its VLAN, as a port of a real switch does."""
    record.add("link", machine.port)
    run("ip", "tuntap", "add", "dev", machine.port, "mode", "tap")
    _quiet(machine.port)
    run("ip", "link", "set", machine.port, "up")
    _add_port(machine.port, machine.vlan)
