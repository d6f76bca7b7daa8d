"""Commands on this host, and processes that outlive the command that started them."""

import os
import signal
import subprocess
import sys
import time

from hardware.record import Record


class Failed(Exception):
    """A command of the lab could not do its work."""


def say(text):
    print(f"{time.strftime('%H:%M:%S')} lab: {text}", file=sys.stderr, flush=True)


def run(*words, check=True, deadline_s=60, text_in=None):
    """Runs a command to its end and answers what it wrote to standard output."""
    done = subprocess.run([str(word) for word in words], input=text_in, capture_output=True, text=True, timeout=deadline_s, check=False)
    if check and done.returncode != 0:
        raise Failed(f"'{' '.join(map(str, words))}' failed ({done.returncode}): {(done.stderr or done.stdout).strip()}")
    return done.stdout


def succeeds(*words):
    return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False).returncode == 0


def wait_until(what, condition, deadline_s, pause_s=0.1):
    """Waits until `condition()` answers something true and hands that on."""
    until = time.monotonic() + deadline_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > until:
            raise Failed(f"{what}: not within {deadline_s} s")
        time.sleep(pause_s)


def start_time(pid):
    """Tells one process from a later one that was given the same id; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def launch(name, words, log, record: Record):
    """Starts a process that goes on after this command, recorded under `name`."""
    with open(log, "ab") as output:
        process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   start_new_session=True)
    record.add("process", name, pid=process.pid, start_time=start_time(process.pid))
    return process.pid


def end_process(pid, started, deadline_s=5):
    """Ends a process (and its group, if it leads one) if it is still the one that was recorded."""
    if started is None or start_time(pid) != started:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            end = os.killpg if os.getpgid(pid) == pid else os.kill
            end(pid, number)
        except ProcessLookupError:
            return
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            if start_time(pid) != started:
                return
            time.sleep(0.02)
