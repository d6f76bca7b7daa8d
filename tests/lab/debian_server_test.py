"""A server as teams have them dies under load: Debian with systemd, nginx, SSH and a service with state, and clients that keep
their connections. Clock, host keys, state and journal are looked at from inside."""

import json
import shutil
import time
from pathlib import Path

import check
import standin
from failover_run import FailoverRun
from hardware import bmc, machines, plan
from hardware.host import run, wait_until
from lab_case import LabCase, main

CLOCK_MAY_DIFFER_S = 1.0   # what NTP's users take for synchronous, and more than the agent's answer takes to come
KEPT_FIRST = 1_000_000     # numbers of the entries on kept connections


class DebianServerTest(LabCase):
    system = "debian"

    @classmethod
    def play(cls):
        # Half of what the job can do: one entry is 20 ms of work, and both kinds of client post.
        with FailoverRun("server01", cls.directory, interval_ms=150) as cls.run_:
            cls.run_.start_load()
            kept = Path(cls.directory) / "kept.jsonl"
            cls.run_.start_client(kept, "--keep-alive", "--concurrency", 2, "--interval-ms", 100, "--first", KEPT_FIRST)
            wait_until("both kept connections are in use", lambda: len(answered(kept)) >= 4, 30)
            cls.break_server()
            cls.run_.wait_for_operation()
            cls.run_.wait_for_owner("stand_in")
            cls.stand_in = standin.row_of("server01")["stand_in"]
            cls.clock_differs_s = stand_ins_clock(cls.stand_in) - time.time()
            cls.operation = cls.run_.wait_for_end()
            cls.run_.stop_load(after_s=15)   # who kept a connection to a machine that is gone hears of it when it asks again
        cls.kept = FailoverRun.lines(kept)
        lines = FailoverRun.lines(cls.run_.client_log) + [line for line in cls.kept if not lost_its_connection(line)]
        # nginx takes what comes on several connections at once: their order is its own.
        cls.verdict = check.judge(lines, cls.run_.ledgers(), cls.run_.broken_at, unheld=("server", "stand_in", "spare"))
        cls.owners = cls.run_.result(cls.verdict)["owners"]
        cls.read_the_disks()

    @classmethod
    def read_the_disks(cls):
        """Of all three machines, once the spare has shut down in order."""
        spare = plan.machine("spare01")
        bmc.power(spare, "soft")
        wait_until("spare01 shuts down in order", lambda: machines.state(spare) == "shut off", 90)
        disks = {"server": plan.machine("server01").disk, "stand_in": stand_ins_disk(cls.stand_in), "spare": spare.disk}
        cls.files = {name: Path(cls.directory) / name for name in disks}
        for name, disk in disks.items():
            machines.copy_from_disk(disk, "/etc/ssh", cls.files[name])
            machines.copy_from_disk(disk, "/etc/machine-id", cls.files[name])
        machines.copy_from_disk(spare.disk, "/var/log/journal", cls.files["spare"])

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        for directory in getattr(cls, "files", {}).values():
            shutil.rmtree(directory, ignore_errors=True)   # there are private keys in it

    def test_the_failover_succeeds(self):
        self.assertEqual(self.operation["outcome"], "succeeded", self.operation["why"])

    def test_nothing_is_lost_or_duplicated(self):
        self.assert_nothing_was_lost()

    def test_the_segment_goes_from_server_to_stand_in_to_holder_to_spare(self):
        self.assertEqual(self.owners, ["server01", "stand_in", "holder", "spare01"])
        self.assert_never_two_owners()

    def test_clients_that_keep_their_connections_are_answered_by_each_machine(self):
        machines_seen = {line["machine"] for line in self.kept if line["outcome"] == "answered"}
        self.assertEqual(len(machines_seen), 3, machines_seen)

    def test_a_request_on_a_new_connection_of_theirs_does_not_fail(self):
        failed = [line for line in self.kept if line["outcome"] == "failed" and not line.get("kept")
                  and line["connecting_at"] > self.run_.broken_at]
        self.assertEqual(failed, [])

    def test_the_stand_ins_clock_is_right_while_it_has_the_job(self):
        self.assertLess(abs(self.clock_differs_s), CLOCK_MAY_DIFFER_S)

    def test_clients_see_the_same_ssh_host_keys(self):
        def keys(name):
            return {path.name: path.read_text() for path in sorted((self.files[name] / "ssh").glob("ssh_host_*_key.pub"))}
        self.assertTrue(keys("server"))
        self.assertEqual(keys("stand_in"), keys("server"))
        self.assertEqual(keys("spare"), keys("server"))

    def test_it_is_the_same_machine_to_its_services(self):
        identity = (self.files["server"] / "machine-id").read_text()
        self.assertRegex(identity, "^[0-9a-f]{32}\n$")
        self.assertEqual([(self.files[name] / "machine-id").read_text() for name in ("stand_in", "spare")], [identity] * 2)

    def test_the_spares_journal_tells_of_the_job_it_took(self):
        told = run("journalctl", "--directory", self.files["spare"] / "journal", "--unit", "ledger", "--output", "json")
        messages = [json.loads(line)["MESSAGE"] for line in told.splitlines()]
        self.assertTrue(any("ledger: listening" in message for message in messages), messages)
        self.assertTrue(any("ledger: stopped with" in message for message in messages), messages)


def answered(log):
    return [line for line in FailoverRun.lines(log) if line["outcome"] == "answered"]


def lost_its_connection(line):
    """A kept connection that broke with the machine it led to. Whether its request was taken, nobody but that machine knows."""
    return line["outcome"] == "failed" and line.get("kept")


def stand_ins_disk(stand_in):
    return Path("/var/lib/standin/vmhost1/stand-ins") / stand_in / "disk.raw"


def stand_ins_clock(stand_in):
    """What the machine's own clock says, in seconds since the epoch."""
    answer = machines.virsh("qemu-agent-command", f"vmhost1.{stand_in}", '{"execute": "guest-get-time"}')
    return json.loads(answer)["return"] / 1e9


if __name__ == "__main__":
    main()
