"""Runs playbooks and says what they changed."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Outcome:
    code: int
    output: str
    stats: dict = field(default_factory=dict)
    changed: list = field(default_factory=list)   # "host: task" of every task that says so
    messages: str = ""                            # of what failed
    refusals: list = field(default_factory=list)  # each message of what failed, also where it is one of a list

    @property
    def ok(self):
        return self.code == 0

    def tasks(self):
        """The names of all tasks that changed something, of whichever host and role: several of a test's hosts share this machine and its directories."""
        return sorted({line.rpartition(" : ")[2] for line in self.changed})


def play(playbook, inventory, *words, extra=None, deadline_s=900):
    """Plays a playbook of the project, or a path, and reads Ansible's own JSON."""
    path = Path(playbook) if Path(playbook).is_absolute() else ROOT / "playbooks" / playbook
    command = ["ansible-playbook", "-i", str(inventory), str(path), *words]
    if extra:
        command += ["-e", json.dumps(extra)]
    environment = dict(os.environ, ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"), ANSIBLE_STDOUT_CALLBACK="json",
                       ANSIBLE_LOAD_CALLBACK_PLUGINS="1", ANSIBLE_ROLES_PATH=str(ROOT / "roles"), ANSIBLE_NOCOLOR="1")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=deadline_s, check=False, cwd=ROOT)
    outcome = Outcome(done.returncode, done.stdout + done.stderr)
    start = done.stdout.find("{")
    if start < 0:
        return outcome
    try:
        told = json.JSONDecoder().raw_decode(done.stdout[start:])[0]
    except json.JSONDecodeError:
        return outcome
    outcome.stats = told["stats"]
    failed = []
    for one_play in told["plays"]:
        for task in one_play["tasks"]:
            for host, result in task["hosts"].items():
                if result.get("changed"):
                    outcome.changed.append(f"{host}: {task['task']['name']}")
                if result.get("failed") or result.get("unreachable"):
                    failed.append(json.dumps(result))
                    said = result.get("msg", "")
                    outcome.refusals += said if isinstance(said, list) else [said]
    outcome.messages = "\n".join(failed)
    return outcome
