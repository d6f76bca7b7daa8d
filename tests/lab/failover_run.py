"""One failure of a server under load, from the first posted entry to the judge's verdict."""

import json
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import check
import standin
from hardware import machines, plan
from hardware.host import Failed, run, wait_until

HERE = Path(__file__).resolve().parent
STAND_INS = Path("/var/lib/standin/vmhost1/stand-ins")
WARM_UP_ENTRIES = 20       # the client has been answered so often before anything breaks
AFTER_THE_END_S = 3        # how long entries go on after the failover is over
HOLDER_PORTS = ("sl-h1f", "sl-h2f")


class FailoverRun:
    def __init__(self, server, directory, interval_ms=50, keep_alive=False, timeout_s=60):
        self.server = plan.machine(server)
        self.segment = next(segment for segment in plan.SEGMENTS if segment.vlan == self.server.vlan)
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.client_log = self.directory / "client.jsonl"
        self.owner_log = self.directory / "owners.jsonl"
        self.broken_at = None
        self.operation = None
        self._processes = []
        self._clients = []
        self._options = ["--interval-ms", str(interval_ms), "--timeout", str(timeout_s)] + (["--keep-alive"] if keep_alive else [])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()

    def start_load(self):
        """Begins to watch the segment and to post, and waits until entries are answered."""
        self.owner_log.write_text("")
        self._start([sys.executable, HERE / "segment_watch.py", str(self.segment.vlan), self.owner_log])
        self.start_client(self.client_log, *self._options)
        wait_until("the client's entries are answered", lambda: len(self.answered()) >= WARM_UP_ENTRIES, 30)

    def start_client(self, log, *options):
        """Another client beside the first one, with a log of its own; stop_load() ends all of them."""
        log.write_text("")
        self._clients.append(self._start(["ip", "netns", "exec", plan.CLIENT_NAMESPACE, sys.executable, HERE / "client.py",
                                          self.segment.job_address, log, *options]))

    def break_server(self, how="power"):
        """Breaks it through the lab's command line, as the demo does; from then on nothing new may fail."""
        told = json.loads(run(HERE / "lab", "break", self.server.name, "--how", how))
        self.broken_at = told["broken_at"]

    def wait_for_operation(self, deadline_s=30):
        """The failover that this failure started."""
        def find():
            operation = standin.newest_operation(self.server.name, "failover")
            return operation if operation and _seconds(operation["start"]) >= self.broken_at - 1 else None
        self.operation = wait_until(f"a failover of {self.server.name} starts", find, deadline_s)
        return self.operation

    def wait_for_end(self, deadline_s=300):
        """Until the failover is at rest: succeeded, failed or needs the operator."""
        def ended():
            self.operation = standin.ask_patiently("operation", "show", str(self.operation["id"]))
            return self.operation if self.operation["outcome"] else None
        return wait_until(f"failover {self.operation['id']} comes to rest", ended, deadline_s, pause_s=0.3)

    def stop_load(self, after_s=AFTER_THE_END_S):
        """Lets the client post a little longer, then waits for every answer that is still due."""
        time.sleep(after_s)
        for client in self._clients:
            client.send_signal(signal.SIGTERM)
        for client in self._clients:
            client.wait(timeout=120)

    def answered(self):
        return [line for line in self.lines(self.client_log) if line["outcome"] == "answered"]

    def owners(self):
        """The segment's owners in order, as Open vSwitch had them: [(unix seconds, [name, …]), …]."""
        return [(line["at"], [self._name_of(port) for port in line["owners"]]) for line in self.lines(self.owner_log)]

    def wait_for_owner(self, name, deadline_s=120):
        wait_until(f"the segment belongs to {name}", lambda: any(name in owners for _, owners in self.owners()), deadline_s, pause_s=0.002)

    def wait_for_nobody(self, deadline_s=60):
        """Until the server was taken off the segment (or its stand-in, if that came at once, put on it)."""
        wait_until("the server leaves the segment", lambda: len(self.owners()) > 1, deadline_s, pause_s=0.002)

    def ledgers(self):
        """What is on the disks, in the order in which the machines had the job."""
        found = [("server", machines.read_ledger(self.server.disk))]
        for disk in sorted(STAND_INS.glob(f"{self.server.name}-*/disk.raw")):
            found.append(("stand_in", machines.read_ledger(disk)))
        spare = self.operation and self.operation.get("spare")
        if spare and any(spare in owners for _, owners in self.owners()):
            found.append(("spare", machines.read_ledger(plan.machine(spare).disk)))
        return found

    def verdict(self, from_time=None, unheld=()):
        return check.judge(self.lines(self.client_log), self.ledgers(), from_time or self.broken_at, unheld)

    def result(self, verdict):
        """What the demo's last line says."""
        trap_at = _seconds(self.operation["failure_at"])
        first = min((line["ended_at"] for line in self.answered() if line["connecting_at"] > self.broken_at), default=None)
        owners = [name for _, names in self.owners() for name in names]
        return {
            "outcome": self.operation["outcome"],
            "trap_to_first_answer_ms": round((first - trap_at) * 1000, 1) if first else None,
            "phases_ms": self.operation["phases_ms"],
            **{key: verdict[key] for key in ("sent", "answered", "failed_in_flight", "lost_after_takeover", "duplicated", "out_of_order", "final")},
            "owners": [name for i, name in enumerate(owners) if i == 0 or owners[i - 1] != name],
        }

    def never_two_owners(self):
        return all(len(names) <= 1 for _, names in self.owners())

    def _start(self, words):
        with open(self.directory / "load.log", "ab") as log:
            self._processes.append(subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        return self._processes[-1]

    @staticmethod
    def lines(path):
        """What is whole in a log that is being written."""
        text = path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    @staticmethod
    def _name_of(port):
        if port in HOLDER_PORTS:
            return "holder"
        return port.removeprefix("sl-") if port.startswith("sl-") else "stand_in"


def _seconds(rfc3339):
    if rfc3339 is None:
        raise Failed("the operation names no time of the failure")
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()
