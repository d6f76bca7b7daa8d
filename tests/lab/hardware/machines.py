"""The lab's bare metal: libvirt domains with raw disks, each on its own switch port."""

import json
import os
import re
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

from hardware import plan
from hardware.host import Failed, run, start_time, wait_until

DOMAIN = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <cpu mode='maximum'/>
  <sysinfo type='smbios'><system><entry name='manufacturer'>Standin lab</entry><entry name='serial'>{serial}</entry></system></sysinfo>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/><smbios mode='sysinfo'/></os>
  <features><acpi/><apic/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='writeback'/><source file='{disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    <interface type='ethernet'>
      <mac address='{mac}'/><target dev='{port}' managed='no'/><model type='virtio'/><rom enabled='no'/>
      <driver name='qemu'>
        <host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off'/><guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>
      </driver>
    </interface>
    <serial type='file'><source path='{console}' append='on'/><target port='0'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
"""
GUESTS_SHARES = 16 * 1024   # as much as sixteen busy processes
CONNECTION = ("virsh", "--quiet", "-c", "qemu:///system")


def virsh(*words, check=True):
    return run(*CONNECTION, *words, check=check)


def give_processor_time():
    """The machines have processors of their own in life; here they share this host's with whatever it does beside the lab, and
    libvirt's guests are one group that gets, by itself, no more than any single process."""
    shares = Path("/sys/fs/cgroup/cpu/machine/cpu.shares")
    if shares.exists():
        shares.write_text(str(GUESTS_SHARES), encoding="ascii")


def state(machine):
    """'running', 'paused', 'shut off'…; 'undefined'; 'unknown' where libvirt does not answer."""
    try:
        names = virsh("list", "--all", "--name").split()
        return virsh("domstate", machine.domain).strip() if machine.domain in names else "undefined"
    except Failed:
        return "unknown"


def build_disk(machine, image: Path, ledger_work_ms):
    """A server's disk boots the job at its address, a spare's is as large as the image and empty."""
    plan.DISKS.mkdir(parents=True, exist_ok=True)
    machine.disk.unlink(missing_ok=True)
    if machine.bootable:
        run("cp", "--sparse=always", image, machine.disk)
        _write_machine_file(machine, ledger_work_ms)
    else:
        with open(machine.disk, "wb") as disk:
            disk.truncate(image.stat().st_size)


def define(record, machine):
    record.add("domain", machine.domain)
    machine.console.unlink(missing_ok=True)
    xml = DOMAIN.format(name=machine.domain, memory=plan.MACHINE_MEMORY_MIB, serial=machine.name, disk=machine.disk, mac=machine.mac,
                        port=machine.port, console=machine.console)
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as definition:
        definition.write(xml)
        definition.flush()
        virsh("define", definition.name)


def take_down(record):
    for name in record.of("domain"):
        if "running" in virsh("domstate", name, check=False) or "paused" in virsh("domstate", name, check=False):
            virsh("destroy", name, check=False)
        virsh("undefine", name, check=False)
        record.remove("domain", name)


def kill(machine):
    """Kills the machine's QEMU, as a power supply that burns out would end the machine, and waits until it is gone."""
    pid = int(Path(f"/run/libvirt/qemu/{machine.domain}.pid").read_text(encoding="ascii"))
    if machine.domain.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
        raise Failed(f"process {pid} is not {machine.domain}")
    started = start_time(pid)
    os.kill(pid, signal.SIGKILL)
    wait_until(f"{machine.name} is dead", lambda: start_time(pid) != started, 10, pause_s=0.001)


def freeze(machine):
    """The machine hangs, without a report."""
    virsh("suspend", machine.domain)


def stall_disk(machine):
    """The disk answers one byte a second from now on: the machine still pings, its job does no work."""
    virsh("blkdeviotune", machine.domain, "vda", "--total-bytes-sec", "1", "--live")


def wait_for_boot(machine, deadline_s=120):
    """Until the console says that the job listens."""
    wait_until(f"the job of {machine.name} starts", lambda: re.search(r"ledger: listening", machine.console.read_text(errors="replace"), re.M)
               if machine.console.exists() else None, deadline_s)


def read_ledger(disk: Path):
    """The entries on a machine's disk."""
    with root_file_system(disk) as partition:
        text = run("debugfs", "-R", "cat /var/lib/ledger/entries", partition)
    return [json.loads(line) for line in text.splitlines()]


def root_partition(disk):
    """The last partition of a disk, as e2fsprogs name it."""
    table = json.loads(run("sfdisk", "--json", disk))["partitiontable"]
    return f"{disk}?offset={table['partitions'][-1]['start'] * table['sectorsize']}"


def copy_from_disk(disk: Path, path, target: Path):
    """A directory of a machine's disk."""
    target.mkdir(parents=True, exist_ok=True)
    with root_file_system(disk) as partition:
        run("debugfs", "-R", f"rdump {path} {target}", partition)


@contextmanager
def root_file_system(disk: Path):
    """A copy of the disk's root file system with its journal replayed, as e2fsprogs name it; the disk is not touched."""
    with tempfile.TemporaryDirectory(prefix="sl-disk-") as directory:
        copy = Path(directory) / "disk.raw"
        run("cp", "--sparse=always", disk, copy)
        partition = root_partition(copy)
        run("e2fsck", "-fy", partition, check=False)
        yield partition


def _write_machine_file(machine, ledger_work_ms):
    with tempfile.NamedTemporaryFile("w", suffix=".machine") as file:
        file.write(f"ADDRESS={machine.address}\nPORT={plan.JOB_PORT}\nWORK_MS={ledger_work_ms}\n")
        file.flush()
        partition = root_partition(machine.disk)
        run("debugfs", "-w", "-R", "rm /etc/lab/machine", partition)
        run("debugfs", "-w", "-R", f"write {file.name} /etc/lab/machine", partition)
    shutil.chown(machine.disk, "root", "root")
