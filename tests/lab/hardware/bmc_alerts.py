"""The alerting part of the lab's BMCs: each notices what becomes of its machine and sends a Platform Event Trap.

It watches the machines from outside (libvirt's events), as a BMC does: what it was told to switch off itself is no failure.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hardware import bmc, plan  # noqa: E402

# What libvirt says of a machine -> what its BMC sends. 'Stopped Destroyed' is not here: that was the BMC itself.
EVENTS = {
    "Stopped Failed": (bmc.POWER_UNIT_FAILED, bmc.CRITICAL),
    "Stopped Shutdown": (bmc.POWERED_OFF, bmc.INFORMATION),
}
LINE = re.compile(r"event 'lifecycle' for domain '([^']+)': (.+)")


def send(machine, event, severity):
    trouble = bmc.send_trap(machine, event, severity)
    print(f"{time.time():.6f} {machine.name}: event {event:06x}{': ' + trouble if trouble else ''}", flush=True)


def watch():
    machines = {machine.domain: machine for machine in plan.MACHINES}
    words = ["stdbuf", "-oL", "virsh", "-c", "qemu:///system", "event", "--event", "lifecycle", "--loop"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as events:
        print("watching", flush=True)
        for line in events.stdout:
            found = LINE.match(line.strip())
            if found and found[1] in machines and found[2] in EVENTS:
                send(machines[found[1]], *EVENTS[found[2]])


while True:
    watch()
    time.sleep(1)   # libvirtd was started again; its events are back in a moment
