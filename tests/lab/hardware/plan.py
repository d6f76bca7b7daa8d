"""What the lab's hardware is: names, addresses and places. Nothing here does anything."""

from dataclasses import dataclass
from pathlib import Path

STATE = Path("/var/lib/standin-lab")
LOGS = Path("/var/log/standin-lab")
DISKS = STATE / "disks"
CACHE = STATE / "cache"        # survives `down`: built images and downloaded packages
SECRETS = STATE / "secrets"    # the BMCs' and traps' secrets, as an operator would have them on paper
BMCS = STATE / "bmc"
TEST_TRAP = STATE / "send-test-trap"   # has a BMC send a test trap
FAULTS = STATE / "faults"      # one directory per machine, one file per fault that was planted
RECORD = STATE / "record"      # what was made and must be taken down again

BRIDGE = "sl-br0"
CLIENT_NAMESPACE = "sl-client"
TRAP_RECEIVER = ("127.77.0.1", 1162)   # 162 is taken where the package snmptrapd put its socket
UNUSED_VLAN = 4001             # where ports are that belong to no segment yet; the product quarantines each by itself
JOB_PORT = 8080
MACHINE_MEMORY_MIB = 192       # kernel, busybox and job need some 90; Debian with systemd, nginx and the job some 150
SYSTEMS = ("small", "debian")  # what server01 runs: tests/lab/image or tests/lab/debian


@dataclass(frozen=True)
class Segment:
    name: str
    vlan: int
    job_address: str
    client_port: str
    client_address: str
    holder_ports: tuple        # (switch port, other end of the cable, MAC of the other end)


@dataclass(frozen=True)
class Machine:
    name: str
    mac: str
    bmc: str
    vlan: int
    address: str               # what its disk says; a spare's disk is empty until it is restored
    snmp: str                  # how its BMC sends traps
    bootable: bool

    @property
    def domain(self):
        return "sl-" + self.name

    @property
    def port(self):
        return "sl-" + self.name

    @property
    def disk(self):
        return DISKS / (self.name + ".raw")

    @property
    def console(self):
        return LOGS / (self.name + ".console.log")


SEGMENTS = (
    Segment("job01", 101, "10.77.1.10", "sl-c1", "10.77.1.100",
            (("sl-h1f", "sl-h1f0", "52:54:00:77:01:f0"), ("sl-h1b", "sl-h1b0", "52:54:00:77:01:b0"))),
    Segment("job02", 102, "10.77.2.10", "sl-c2", "10.77.2.100",
            (("sl-h2f", "sl-h2f0", "52:54:00:77:02:f0"), ("sl-h2b", "sl-h2b0", "52:54:00:77:02:b0"))),
)

MACHINES = (
    Machine("server01", "52:54:00:77:01:0a", "127.77.0.101", 101, "10.77.1.10/24", "v3", True),
    Machine("server02", "52:54:00:77:02:0a", "127.77.0.102", 102, "10.77.2.10/24", "v2c", True),
    Machine("spare01", "52:54:00:77:09:01", "127.77.0.111", UNUSED_VLAN, "", "v2c", False),
)

SERVERS = tuple(machine for machine in MACHINES if machine.bootable)


def machine(name):
    """The machine of that name; SystemExit with the names there are."""
    for each in MACHINES:
        if each.name == name:
            return each
    raise SystemExit(f"lab: there is no machine '{name}'; there are {', '.join(m.name for m in MACHINES)}")
