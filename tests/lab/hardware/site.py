"""The whole of the hardware: built in order, taken down in the opposite order by what was recorded."""

import fcntl
import shutil
from contextlib import contextmanager
from pathlib import Path

from hardware import bmc, machines, network, plan
from hardware.host import Failed, end_process, run, say, succeeds
from hardware.record import Record

HERE = Path(__file__).resolve().parent
RECORD = Record(plan.RECORD)


@contextmanager
def exclusively():
    """One lab is built or taken down at a time."""
    plan.STATE.mkdir(parents=True, exist_ok=True)
    with open(plan.STATE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start_services():
    say("starting libvirt and Open vSwitch where they do not run")
    run(HERE.parent / "services.sh", "up", deadline_s=180)


def build(programs, ledger_work_ms, system="small"):
    """Everything but power: the machines are off, as their images are taken first. `system` is what server01 runs; spare01 can take it."""
    ledger = programs / "ledger"
    if not ledger.exists():
        raise Failed(f"there is no {ledger}: build first (cmake --preset release && cmake --build --preset release), or name --programs")
    take_down()
    with exclusively():
        plan.LOGS.mkdir(parents=True, exist_ok=True)
        say("building the machines' disks")
        small = build_image(ledger, "small")
        protected = build_image(ledger, system)
        for machine in plan.MACHINES:
            machines.build_disk(machine, small if machine.name == "server02" else protected, ledger_work_ms)
        say("building the switch, the cables and the client")
        network.build(RECORD)
        for machine in plan.MACHINES:
            machines.define(RECORD, machine)
        say("starting the BMCs")
        bmc.write_secrets()
        bmc.start(RECORD)


def build_image(ledger, system="small"):
    """The disk that a machine boots, with the job in it; built once and kept."""
    builder = {"small": "image", "debian": "debian"}[system]
    return Path(run(HERE.parent / builder / "build.sh", ledger, plan.CACHE, deadline_s=300).strip())


def power_on_servers():
    for machine in plan.SERVERS:
        say(f"switching {machine.name} on")
        bmc.power(machine, "on")
    machines.give_processor_time()
    for machine in plan.SERVERS:
        machines.wait_for_boot(machine)


def take_down():
    """Takes down what was recorded; a lab that was killed half-way leaves a record too."""
    with exclusively():
        if not RECORD.empty():
            _end_processes()
            if succeeds(HERE.parent / "services.sh", "status"):
                machines.take_down(RECORD)
            else:
                raise Failed("libvirt or Open vSwitch does not run: tests/lab/services.sh up, then take the lab down")
            network.take_down(RECORD)
        for directory in (plan.DISKS, plan.SECRETS, plan.BMCS, plan.FAULTS):
            shutil.rmtree(directory, ignore_errors=True)


def plant_fault(machine, name):
    directory = plan.FAULTS / machine.name
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).touch()


def _end_processes():
    for name, process in RECORD.of("process").items():
        end_process(process["pid"], process["start_time"])
        RECORD.remove("process", name)
