"""The lab's hardware by itself, without Standin: what every other lab test relies on.

usage: hardware_test.py PROGRAMS   (as root; takes a minute)
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from hardware import bmc, machines, plan  # noqa: E402
from hardware.host import run, succeeds, wait_until  # noqa: E402

PROGRAMS = None
IN_CLIENT = ("ip", "netns", "exec", plan.CLIENT_NAMESPACE)


def lab(*words):
    return run(HERE / "lab", *words, deadline_s=300)


def left_over():
    """Everything of the lab's that is on this host."""
    links = [line.split(":")[1].strip() for line in run("ip", "-o", "link").splitlines() if " sl-" in line]
    domains = [name for name in run("virsh", "-c", "qemu:///system", "list", "--all", "--name").split() if name.startswith("sl-")]
    bridges = [name for name in run("ovs-vsctl", "list-br").split() if name == plan.BRIDGE]
    namespaces = [name for name in run("ip", "netns").split() if name.startswith("sl-")]
    processes = [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if str(plan.BMCS).encode() in _read(path)]
    return links + domains + bridges + namespaces + processes


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def fence(machine, action):
    """What the coordinator does: fence_ipmilan with its options on standard input."""
    options = {"ip": machine.bmc, "username": bmc.USER, "password_file": "", "lanplus": 1, "cipher": 3, "action": action}
    options["password"] = bmc.password_file(machine).read_text().strip()
    del options["password_file"]
    text = "".join(f"{name}={value}\n" for name, value in options.items())
    return subprocess.run(["fence_ipmilan"], input=text, capture_output=True, text=True, timeout=60, check=False).returncode


class HardwareTest(unittest.TestCase):
    """Cases share one lab and run in the order of their names; each leaves server01 running."""

    @classmethod
    def setUpClass(cls):
        lab("up", "--hardware-only", "--programs", PROGRAMS)
        cls.server = plan.machine("server01")

    @classmethod
    def tearDownClass(cls):
        lab("down")
        if left_over():
            raise AssertionError(f"'lab down' left {left_over()}")

    def setUp(self):
        bmc.power(self.server, "on")
        wait_until("the job of server01 answers", lambda: succeeds(*IN_CLIENT, "curl", "-sfm", "2", "http://10.77.1.10:8080/health"), 60)

    def post(self, count, first):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "client.jsonl"
            lab("client", sys.executable, HERE / "client.py", "10.77.1.10", log, "--count", count, "--first", first)
            return [json.loads(line)["outcome"] for line in log.read_text().splitlines()]

    def test_what_the_client_was_told_is_on_the_servers_disk(self):
        self.assertEqual(self.post(10, first=1), ["answered"] * 10)
        on_disk = [json.loads(line)["number"] for line in lab("ledger", "server01").splitlines()]
        self.assertEqual(on_disk[-10:], list(range(1, 11)))

    def test_the_fence_agent_switches_the_machine_off_and_on_and_reads_it_back(self):
        self.assertEqual(fence(self.server, "status"), 0)
        self.assertEqual(fence(self.server, "off"), 0)
        self.assertEqual(machines.state(self.server), "shut off")
        self.assertEqual(fence(self.server, "status"), 2)
        self.assertEqual(fence(self.server, "off"), 0)
        self.assertEqual(fence(self.server, "on"), 0)
        self.assertEqual(machines.state(self.server), "running")

    def test_the_power_button_stops_job_and_machine_in_order(self):
        bmc.power(self.server, "soft")
        wait_until("server01 powers itself off", lambda: machines.state(self.server) == "shut off", 30)
        self.assertIn("ledger: stopped with", self.server.console.read_text(errors="replace"))

    def test_a_machine_that_dies_is_told_by_its_bmc_and_by_that_address(self):
        for name, version in (("server01", 3), ("server02", 1)):   # as numbers: v3 and v2c
            with self.subTest(name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
                receiver.bind(plan.TRAP_RECEIVER)
                receiver.settimeout(20)
                lab("break", name)
                datagram, sender = receiver.recvfrom(4096)
                self.assertEqual(sender[0], plan.machine(name).bmc)
                self.assertIn(bytes([2, 1, version]), datagram[:8])
                self.assertEqual(machines.state(plan.machine(name)), "shut off")

    def test_what_the_bmc_switched_off_itself_is_no_failure(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(plan.TRAP_RECEIVER)
            bmc.power(self.server, "off")
            wait_until("server01 is off", lambda: machines.state(self.server) == "shut off", 10)
            receiver.settimeout(2)
            with self.assertRaises(TimeoutError):
                receiver.recvfrom(4096)

    def test_a_second_up_takes_down_what_a_killed_one_left(self):
        starting = subprocess.Popen([HERE / "lab", "up", "--hardware-only", "--programs", PROGRAMS], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        wait_until("the lab is half-way up", lambda: (plan.RECORD / "process.bmc-server01.json").exists() and time.time(), 60)
        starting.kill()
        starting.wait()
        lab("up", "--hardware-only", "--programs", PROGRAMS)
        self.assertEqual(self.post(3, first=1), ["answered"] * 3)


if __name__ == "__main__":
    PROGRAMS = sys.argv.pop(1)
    unittest.main(verbosity=2)
