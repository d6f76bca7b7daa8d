#!/usr/bin/python3
"""How long the job of a failed server is down, phase by phase, beside the least that it could be.

A lab is made. In each round, in turn: a machine that nobody protects is resumed, its port put into the segment and its job asked, by
a bare loop (the floor); and server01 dies, its BMC sends a trap, and a client asks from the trap's arrival on until the stand-in answers.
Then the failover is let come to its end and everything is put back: the spare off, the server on, its stand-in prepared again.

usage: sudo tests/bench/takeover/takeover_bench.py [--rounds N] [--programs DIR] [--tests DIR] [--keep] [--reuse]
First: cmake --preset release && cmake --build --preset release. Its last line is JSON. A round takes about a minute; the host should have nothing else to do.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

import standin  # noqa: E402
from hardware import bmc, machines, network, plan, site  # noqa: E402
from hardware.host import Failed, run, wait_until  # noqa: E402

LAB = ROOT / "tests" / "lab" / "lab"
SERVER = plan.machine("server01")
SPARE = plan.machine("spare01")
SEGMENT = next(segment for segment in plan.SEGMENTS if segment.vlan == SERVER.vlan)
BARE = plan.Machine("bare", "52:54:00:77:0f:01", "", SERVER.vlan, "10.77.1.77/24", "", True)
BARE_QUARANTINE = 4090
PHASES = ("detect", "fence_port", "resume", "first_answer", "segment", "announce")
STATE = Path("/var/lib/standin/coordinator")
REST_S = 3   # what a machine's start or a playbook has stirred up is over by then


def build_bare_machine(programs):
    machines.build_disk(BARE, site.build_image(programs / "ledger"), 20)
    network.build_machine_port(site.RECORD, BARE)
    machines.define(site.RECORD, BARE)
    machines.virsh("start", BARE.domain)
    machines.wait_for_boot(BARE)
    # Nobody announces this machine: a client that had to ask for its address would now and then wait a second for its next try.
    run("ip", "-n", plan.CLIENT_NAMESPACE, "neighbour", "replace", BARE.address.split("/")[0], "lladdr", BARE.mac,
        "dev", SEGMENT.client_port + "0", "nud", "permanent")


def probe(arguments, mode, address, *more):
    return [str(arguments.tests / "takeover_probe"), mode, plan.CLIENT_NAMESPACE, address, str(plan.JOB_PORT), "/health", *map(str, more)]


def come_as_a_stranger(number):
    """As to a stand-in, the client is new to the bare machine, which has to ask for its address before it can answer."""
    address = f"10.77.1.{160 + number % 80}"
    client = ("ip", "-n", plan.CLIENT_NAMESPACE)
    run(*client, "address", "replace", f"{address}/24", "dev", SEGMENT.client_port + "0")
    run(*client, "route", "replace", BARE.address.split("/")[0], "dev", SEGMENT.client_port + "0", "src", address)


def bare_round(arguments, number):
    come_as_a_stranger(number)
    words = probe(arguments, "bare", BARE.address.split("/")[0], BARE.domain, BARE.port, BARE.vlan, BARE_QUARANTINE)
    told = json.loads(run(*words))
    told["total_ms"] = told["resume_ms"] + told["segment_ms"] + told["answer_ms"]
    told["sync_ms"] = disk_sync_ms()
    machines.virsh("suspend", BARE.domain)   # it takes nobody's time until the next round
    return told


def disk_sync_ms():
    """How long the coordinator's disk takes to make one page durable: a takeover waits for two (what was decided, before it is done)."""
    with tempfile.NamedTemporaryFile(dir=STATE, buffering=0) as file:
        file.write(bytes(4096))
        os.fsync(file.fileno())
        file.seek(0)
        begin = time.monotonic()
        file.write(bytes(4096))
        os.fdatasync(file.fileno())
        return (time.monotonic() - begin) * 1000


def standin_round(arguments):
    time.sleep(REST_S)
    with subprocess.Popen(probe(arguments, "watch", SEGMENT.job_address), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        watch.stderr.readline()
        run(LAB, "break", SERVER.name)
        seen = json.loads(watch.communicate(timeout=90)[0] or "null")
        if seen is None:
            raise Failed("the stand-in gave no answer")
    operation = wait_until("the failover comes to rest", ended_failover, 180)
    told = dict(operation["phases_ms"])
    told["takeover_ms"] = operation["takeover_ms"]
    told["total_ms"] = (seen["first_answer_at"] - seconds(operation["failure_at"])) * 1000
    if operation["outcome"] != "succeeded":
        raise Failed(f"failover {operation['id']} ended {operation['outcome']}")
    put_back(operation)
    return told


def ended_failover():
    operation = standin.newest_operation(SERVER.name, "failover")
    return operation if operation and operation["outcome"] and operation["state"] != "Closed" else None


def put_back(operation):
    """As an operator brings a repaired server back by hand."""
    bmc.power(SPARE, "off")
    standinctl("operation", "close", str(operation["id"]), "--discard-data", "--wait")   # only its times are wanted
    bmc.power(SERVER, "on")
    machines.give_processor_time()
    standinctl("returned", SERVER.name, "--discard-data")
    standinctl("spare", "set", SERVER.name, SPARE.name, "--wait")


def standinctl(*words):
    run("standinctl", *words, deadline_s=180)


def seconds(rfc3339):
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()


def own_part(bare, product):
    """What neither libvirt's resume took, nor the switch for its two transactions (fence, give), nor the guest for its answers to probe
    and client. It contains waiting for the switch to have silenced the failed server, the probe's way, and all of journal and HTTPS."""
    return product["total_ms"] - bare["resume_ms"] - 2 * bare["segment_ms"] - product["first_answer"] - bare["answer_ms"]


def median(rounds, name):
    values = [one[name] for one in rounds if one.get(name) is not None]
    return statistics.median(values) if values else float("nan")


def tell(bare, product):
    print(f"{'':14}{'median':>10}{'least':>10}{'most':>10}   of {len(product)} rounds")

    def line(what, rounds, name):
        values = [one[name] for one in rounds if one.get(name) is not None]
        if values:
            print(f"{what:14}{statistics.median(values):10.1f}{min(values):10.1f}{max(values):10.1f}   ms")

    print("bare loop")
    for name in ("resume_ms", "segment_ms", "answer_ms", "total_ms"):
        line("  " + name.removesuffix("_ms"), bare, name)
    line("disk sync", bare, "sync_ms")
    print("standin, from the trap's arrival")
    for name in PHASES:
        line("  " + name, product, name)
    line("  takeover", product, "takeover_ms")
    line("  total", product, "total_ms")
    floor, total = median(bare, "total_ms"), median(product, "total_ms")
    own = statistics.median(own_part(*each) for each in zip(bare, product))
    print(f"the stand-in's first answer after {total:.1f} ms: {total / floor:.1f} times the bare loop; {own:.1f} ms are our own, "
          f"of which about {2 * median(bare, 'sync_ms'):.1f} ms are the disk's")
    print(json.dumps({"rounds": len(product), "bare_ms": round(floor, 2), "total_ms": round(total, 2), "ratio": round(total / floor, 2),
                      "own_ms": round(own, 2), "bare": bare, "standin": product}))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--programs", type=Path, default=ROOT / ".build/release/bin", help="where the built programs are (default: .build/release/bin)")
    parser.add_argument("--tests", type=Path, default=ROOT / ".build/release/tests", help="where takeover_probe is (default: .build/release/tests)")
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    parser.add_argument("--reuse", action="store_true", help="take the lab that an earlier --keep left")
    return parser.parse_args()


def main():
    arguments = parse()
    os.environ["PATH"] = f"{arguments.programs}:{os.environ['PATH']}"
    bare, product = [], []
    try:
        if not arguments.reuse:
            run(LAB, "up", "--programs", arguments.programs, deadline_s=420)
            build_bare_machine(arguments.programs)
        for number in range(arguments.rounds):
            bare.append(bare_round(arguments, number))
            product.append(standin_round(arguments))
            print(f"round {number + 1}: bare {bare[-1]['total_ms']:.1f} ms, standin {product[-1]['total_ms']:.1f} ms", flush=True)
        tell(bare, product)
    except Failed as failure:
        sys.exit(f"takeover_bench: {failure}")
    finally:
        if not arguments.keep:
            run(LAB, "down", deadline_s=120)


if __name__ == "__main__":
    main()
