#!/usr/bin/python3
"""Runs a command on a copy of this host that is booted with systemd, so that the units are what runs Standin.

The copy is a container with a network and a /run of its own, made of this host's files; what is written in it is kept in memory and
gone at its end. Its journal and logs are left in /var/log/standin-lab/under_systemd.

usage: sudo under_systemd.py COMMAND [ARGUMENT…]
The exit code is the command's, or 77 where this host can boot no container.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hardware.host import Failed, run, say, wait_until

LOGS = Path("/var/log/standin-lab")
BOOT_WITHIN_S = 120
STOP_WITHIN_S = 60
SOCKETS_OF_OTHERS = ("snmptrapd.socket", "snmptrapd.service")   # hold port 162 wherever the package is installed
OWN_MOUNTS = "STANDIN_OWN_MOUNTS"
NOT_HERE = 77   # ctest takes it for skipped


class MachineWithSystemd:
    def boot(self):
        """Failed says what its console showed; nothing is left then."""
        self.directory = Path(tempfile.mkdtemp(prefix="standin-systemd-"))
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.directory)
        upper, work, self.root = (self.directory / name for name in ("upper", "work", "root"))
        for each in (upper, work, self.root):
            each.mkdir(mode=0o755)
        run("mount", "-t", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", "overlay", self.root)
        self._mask_what_would_be_in_the_way()
        # Its end is ours: it does not outlive this process.
        self.container = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--quiet", f"--directory={self.root}", f"--machine=standin-{os.getpid()}",
             "--register=no", "--keep-unit", "--private-network", "--kill-signal=SIGRTMIN+4", "--console=pipe", *_kvm(), "--boot"],
            stdin=subprocess.DEVNULL, stdout=open(self.directory / "console", "wb"), stderr=subprocess.STDOUT)
        try:
            self.leader = wait_until("the container's first process", self._first_process, 20)
            wait_until("systemd has started everything", self._booted, BOOT_WITHIN_S, pause_s=0.5)
            self._let_libvirt_make_control_groups()
        except Failed as failure:
            console = (self.directory / "console").read_text(errors="replace")
            self.power_off()
            raise Failed(f"{failure}; its console:\n{console[-2000:]}") from failure

    def power_off(self):
        self.container.terminate()
        try:
            self.container.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.container.kill()
            self.container.wait()
        run("umount", self.root)
        run("umount", self.directory)
        self.directory.rmdir()

    def call(self, *words):
        """Runs a command in the container; answers its exit code."""
        return subprocess.run(self._inside(*words), stdin=subprocess.DEVNULL, check=False).returncode

    def keep_logs(self, directory):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        with open(directory / "journal", "wb") as journal:
            subprocess.run(self._inside("journalctl", "--no-pager", "-u", "standin-*"), stdout=journal, stderr=journal, check=False)
        for logs in (self.directory / "upper" / str(LOGS)[1:]).glob("*"):
            (shutil.copytree if logs.is_dir() else shutil.copy)(logs, directory / logs.name)

    def _mask_what_would_be_in_the_way(self):
        units = self.root / "etc/systemd/system"
        for name in SOCKETS_OF_OTHERS:
            (units / name).unlink(missing_ok=True)
            (units / name).symlink_to("/dev/null")

    def _let_libvirt_make_control_groups(self):
        """A host with groups of version 1 shows them read-only in a container."""
        run(*self._inside("sh", "-c", "for each in $(awk '$3 == \"cgroup\" {print $2}' /proc/mounts); do mount -o remount,bind,rw $each; done"))

    def _inside(self, *words):
        return ["nsenter", "-t", str(self.leader), "-a", "env", f"--chdir={os.getcwd()}", *map(str, words)]

    def _first_process(self):
        if self.container.poll() is not None:
            raise Failed(f"systemd-nspawn ended with {self.container.returncode}")
        children = Path(f"/proc/{self.container.pid}/task/{self.container.pid}/children").read_text(encoding="ascii").split()
        return next((pid for pid in children if Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "systemd"), None)

    def _booted(self):
        asked = self._inside("timeout", "10", "systemctl", "is-system-running")
        state = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        return state in ("running", "degraded")   # whatever else this host has installed may not work in a container


def _kvm():
    return ["--bind=/dev/kvm"] if Path("/dev/kvm").exists() else []


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if OWN_MOUNTS not in os.environ:   # what is mounted here ends with this process
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv], dict(os.environ, **{OWN_MOUNTS: "yes"}))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    try:
        machine = MachineWithSystemd()
        machine.boot()
    except Failed as failure:
        say(f"this host boots no container: {failure}")
        sys.exit(NOT_HERE)
    say(f"systemd runs after {time.monotonic() - started:.1f} s")
    try:
        code = machine.call(*sys.argv[1:])
    finally:
        machine.keep_logs(LOGS / "under_systemd")
        machine.power_off()
    sys.exit(code)


if __name__ == "__main__":
    main()
