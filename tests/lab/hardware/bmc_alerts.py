"""The alerting part of the lab's BMCs: each notices what becomes of its machine and sends a Platform Event Trap.

It watches the machines from outside (libvirt's events), as a BMC does: what it was told to switch off itself is no failure. Platform
alerts in a BMC's event log are sent on, as its filter table would have it.
"""

import re
import subprocess
import sys
import threading
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


def send(machine, event, severity, number=1, data=b""):
    trouble = bmc.send_trap(machine, event, severity, number, data)
    print(f"{time.time():.6f} {machine.name}: event {event:06x}{': ' + trouble if trouble else ''}", flush=True)


def alert(machine, entry):
    """Sends what an entry of the event log says: its sensor's type and number, event type and three bytes of data."""
    sensor_type, number, event_type, data = entry[10], entry[11], entry[12], entry[13:16]
    if sensor_type == bmc.PLATFORM_ALERT:
        send(machine, sensor_type << 16 | event_type << 8 | data[0] & 0x0f, bmc.INFORMATION, number, data)


def watch_logs():
    known = {machine.name: len(bmc.event_log(machine)) for machine in plan.MACHINES}
    while True:
        for machine in plan.MACHINES:
            entries = bmc.event_log(machine)
            for entry in entries[known[machine.name]:]:
                alert(machine, entry)
            known[machine.name] = len(entries)
        time.sleep(0.2)


def watch():
    machines = {machine.domain: machine for machine in plan.MACHINES}
    words = ["stdbuf", "-oL", "virsh", "-c", "qemu:///system", "event", "--event", "lifecycle", "--loop"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as events:
        print("watching", flush=True)
        for line in events.stdout:
            found = LINE.match(line.strip())
            if found and found[1] in machines and found[2] in EVENTS:
                send(machines[found[1]], *EVENTS[found[2]])


threading.Thread(target=watch_logs, daemon=True).start()
while True:
    watch()
    time.sleep(1)   # libvirtd was started again; its events are back in a moment
