"""What the lab asks of Standin, through its own command line."""

import json
import subprocess
import time


class Refused(Exception):
    """standinctl said no, or could not reach the coordinator."""


def ask(*words, deadline_s=30):
    """standinctl's answer as it is in JSON."""
    done = subprocess.run(["standinctl", "--json", *words], capture_output=True, text=True, timeout=deadline_s, check=False)
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise Refused(f"standinctl {' '.join(words)}: {(done.stderr or done.stdout).strip()}")
    return json.loads(done.stdout)


def ask_patiently(*words, deadline_s=120):
    """The same while the coordinator may be away for a moment."""
    until = time.monotonic() + deadline_s
    while True:
        try:
            return ask(*words)
        except (Refused, subprocess.TimeoutExpired):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def row_of(server):
    rows = ask("spare", "list")["spare_table"]
    return next((row for row in rows if row["server"] == server), None)


def newest_operation(server, kind):
    """The newest operation of that kind, whole; None if there is none."""
    for operation in ask_patiently("operation", "list", "--server", server)["operations"]:
        if operation["kind"] == kind:
            return ask_patiently("operation", "show", str(operation["id"]))
    return None
