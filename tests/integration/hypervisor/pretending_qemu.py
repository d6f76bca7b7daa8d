#!/usr/bin/python3
"""QEMU on a host whose KVM only pretends: it starts, and then its guest stops with an internal error, or hangs without a word.

usage: pretending_qemu.py halts|hangs DIRECTORY QEMU-ARGUMENT…   (as libvirt starts QEMU)

What it executes is the real QEMU under software emulation, so that this plays on every host. 'halts': between libvirt and QEMU's
monitor, it stops the guest a moment after it was started and tells what QEMU tells after an internal error of KVM. 'hangs': the guest's
firmware is a single jump to itself.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

QEMU = "/usr/bin/qemu-system-x86_64"
STOPS_AFTER_S = 0.5
WORDS = """KVM internal error. Suberror: 1
extra data[0]: 0x0000000000000001
emulation failure
EAX=000000a8 EBX=00000015 ECX=00000007 EDX=00101b92
EIP=00008ffc EFL=00000006 [-----P-] CPL=0 II=0 A20=1 SMM=0 HLT=0
Code=eb de ff 0d a8 39 00 00 75 06 ff 15 b4 96 00 00 61 83 c4 04 <cf> c3 90 90
"""


def hang(directory, arguments):
    firmware = os.path.join(directory, "loop.bin")
    os.execv(QEMU, [QEMU, *arguments, "-bios", firmware])


class Monitor:
    """Hands the monitor's lines on in both directions until QEMU's end."""

    def __init__(self, libvirt, qemu):
        self.libvirt = libvirt
        self.qemu = qemu
        self.stopped = False
        self.lock = threading.Lock()

    def from_libvirt(self):
        for line in self.libvirt.makefile("rb"):
            command = json.loads(line)
            if command.get("execute") == "cont" and self.stopped:
                error = {"class": "GenericError", "desc": "Resetting the Virtual Machine is required"}
                self.send(self.libvirt, {"id": command.get("id"), "error": error})
                continue
            self.qemu.sendall(line)
            if command.get("execute") == "cont":
                threading.Timer(STOPS_AFTER_S, self.stop).start()

    def from_qemu(self):
        for line in self.qemu.makefile("rb"):
            answer = json.loads(line)
            if answer.get("id") == "pretending":
                continue
            status = answer.get("return")
            if self.stopped and isinstance(status, dict) and status.get("status") == "paused":
                status["status"] = "internal-error"
            self.send(self.libvirt, answer)

    def stop(self):
        sys.stderr.write(WORDS)
        sys.stderr.flush()
        self.stopped = True
        self.send(self.qemu, {"execute": "stop", "id": "pretending"})

    def send(self, to, message):
        with self.lock:
            to.sendall(json.dumps(message).encode() + b"\r\n")


def halt(arguments):
    """libvirt gives QEMU a listening socket for its monitor; QEMU gets one end of a pair instead."""
    place = next(i for i, word in enumerate(arguments) if word.startswith("socket,id=charmonitor,"))
    descriptor = int(dict(part.split("=", 1) for part in arguments[place].split(",")[1:])["fd"])
    ours, qemus = socket.socketpair()
    arguments[place] = f"socket,id=charmonitor,fd={qemus.fileno()}"
    os.set_inheritable(qemus.fileno(), True)
    listener = socket.socket(fileno=descriptor)

    def die_with_parent():
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)   # PR_SET_PDEATHSIG

    with subprocess.Popen([QEMU, *arguments], close_fds=False, preexec_fn=die_with_parent) as process:
        qemus.close()
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        monitor = Monitor(listener.accept()[0], ours)
        threading.Thread(target=monitor.from_libvirt, daemon=True).start()
        threading.Thread(target=monitor.from_qemu, daemon=True).start()
        while process.poll() is None:
            time.sleep(0.05)
    os._exit(process.returncode if process.returncode >= 0 else 1)


def main():
    how, directory, *arguments = sys.argv[1:]
    if not any(word.startswith("socket,id=charmonitor,") for word in arguments) or "-name" not in arguments:
        os.execv(QEMU, [QEMU, *arguments])   # libvirt asks what this QEMU can do
    if how == "hangs":
        hang(directory, arguments)
    halt(arguments)


if __name__ == "__main__":
    main()
