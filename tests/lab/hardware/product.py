"""Standin in the lab: set up from inventory/lab by the playbooks that operators use, on machines that are switched on at the end."""

import shutil
import subprocess
from pathlib import Path

from hardware import daemons, machines, plan, site
from hardware.host import Failed, run, say
from hardware.record import Record

ROOT = Path(__file__).resolve().parents[3]
RECORD = Record(plan.RECORD)
CONFIGURATION = Path("/etc/standin")
STATE = Path("/var/lib/standin")
AGENTS = ("vmhost1", "store1", "switch1", "holder1")
STAND_INS = STATE / "vmhost1" / "stand-ins"
PROGRAMS = (Path("/usr/local/sbin/standin-agent"), Path("/usr/local/sbin/standin-coordinator"), Path("/usr/local/bin/standinctl"))


def set_up(programs):
    if CONFIGURATION.exists():
        raise Failed(f"there is a Standin on this host already ({CONFIGURATION}); the lab would overwrite it")
    RECORD.add("product", "standin")
    play("site.yml", "-e", f"standin_programs_build_dir={programs.resolve()}")
    play("backup_images.yml", "-e", "standin_confirm=yes")
    site.power_on_servers()
    play("spare_table.yml")
    play("health.yml")


def play(playbook, *words):
    """Runs a playbook on the lab; its output goes to a log, whose end is shown when it fails."""
    say(f"playbooks/{playbook}")
    log = plan.LOGS / f"{playbook}.log"
    with open(log, "wb") as output:
        done = subprocess.run(["ansible-playbook", "-i", "inventory/lab", f"playbooks/{playbook}", *words], cwd=ROOT,
                              stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=600, check=False)
    if done.returncode != 0:
        raise Failed(f"playbooks/{playbook} failed:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:]))


def take_down():
    """Only what the lab's own `set_up` made."""
    if not RECORD.of("product"):
        return
    for instance in ("coordinator", *AGENTS):
        daemons.stop(instance)
    for stand_in in STAND_INS.glob("*/"):
        domain = f"vmhost1.{stand_in.name}"
        if machines.virsh("domstate", domain, check=False).strip() not in ("", "shut off"):
            machines.virsh("destroy", domain, check=False)
        machines.virsh("undefine", domain, check=False)
    for namespace in run("ip", "netns").split("\n"):
        name = namespace.split(" ")[0]
        if name.startswith("standin-holder1-"):
            run("ip", "netns", "delete", name)
    for directory in (CONFIGURATION, STATE, daemons.RUN):
        shutil.rmtree(directory, ignore_errors=True)
    for program in PROGRAMS:
        program.unlink(missing_ok=True)
    RECORD.remove("product", "standin")

