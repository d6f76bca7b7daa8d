#!/usr/bin/python3
"""The lab's judge: compares the client's answers with what is on the disks of server, stand-in and spare.

It trusts no counter of the product. It knows three sources only: the client's own lines (client.py), the ledgers (read from the
disks by `lab ledger`), and the instant from which on nothing may fail any more.

What it counts:
  sent                  requests whose bytes left the client
  answered              of these, answered with 201
  failed_in_flight      failed, and began to connect before the instant: the only ones that may fail
  lost_after_takeover   answered but in no ledger, whenever that was; or failed though they began to connect after the instant
  duplicated            entries processed more than once, on whatever machines
  final                 the machine that has the job at the end: how many of the answered entries it has, how many it lacks, and on
                        whose disk each of those is. Who starts from an image lacks what was written since; that is no failure of the
                        run, but it has to be known
  out_of_order          entries that were processed before another one although that one was answered before they were sent; or
                        was sent, to the same machine on a fresh connection, before they even began to connect. The latter not on a machine
                        that nobody held requests for: a crowd that connects at once arrives as the network has it

usage: check.py CLIENT_LOG --from UNIX_SECONDS NAME=LEDGER_FILE…   (machines in the order in which they had the job)
"""

import argparse
import json
import sys
from collections import Counter

# Two requests closer than this were under way together: the network may turn them around.
ARRIVAL_MARGIN_S = 0.010


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def processed(ledgers):
    """All entries in processing order, as (machine, entry). What an image carried from one disk to the next is counted once."""
    seen = set()
    found = []
    for name, entries in ledgers:
        for entry in entries:
            record = (entry["number"], entry["sequence"], entry["time_us"], entry["machine"])
            if record not in seen:
                seen.add(record)
                found.append((name, entry))
    return found


def gaps(ledgers):
    """Ledgers whose sequence numbers are not 1, 2, 3…: such a ledger lost something by itself."""
    return [name for name, entries in ledgers if [entry["sequence"] for entry in entries] != list(range(1, len(entries) + 1))]


def contradictions(entries, requests, unheld):
    """Entries before which another one ought to have been processed: the client can disprove this order."""
    found = []
    first_answer = float("inf")   # the earliest answer among all entries processed later
    first_sent = {}               # machine -> the earliest sending among the entries that it processed later
    for name, number in reversed([(name, entry["number"]) for name, entry in entries if entry["number"] in requests]):
        request = requests[number]
        fresh = not request.get("kept")
        overtaken = fresh and name not in unheld and first_sent.get(name, float("inf")) + ARRIVAL_MARGIN_S < request["started_at_mono"]
        if first_answer < request["sent_at_mono"] or overtaken:
            found.append(number)
        if request["outcome"] == "answered":
            first_answer = min(first_answer, request["ended_at_mono"])
        if fresh:
            first_sent[name] = min(first_sent.get(name, float("inf")), request["sent_at_mono"])
    return found[::-1]


def final_machine(answered, ledgers):
    """What the machine that has the job at the end knows of what clients were told, and who else knows the rest."""
    if not ledgers:
        return {"machine": None, "has": 0, "lacks": len(answered), "lacks_by_disk": {}}
    name, entries = ledgers[-1]
    numbers = [(other, {entry["number"] for entry in its}) for other, its in ledgers]
    here = {entry["number"] for entry in entries}
    lacks = [number for number in answered if number not in here]
    by_disk = Counter(next((other for other, its in numbers if number in its), "nowhere") for number in lacks)
    return {"machine": name, "has": len(answered) - len(lacks), "lacks": len(lacks), "lacks_by_disk": dict(by_disk)}


def judge(lines, ledgers, from_time, unheld=()):
    requests = {line["number"]: line for line in lines if "sent_at" in line}
    answered = [number for number, line in requests.items() if line["outcome"] == "answered"]
    failed = [line for line in lines if line["outcome"] == "failed"]
    entries = processed(ledgers)
    disordered = contradictions(entries, requests, unheld)
    times = Counter(entry["number"] for _, entry in entries if entry["number"] in requests)
    missing = [number for number in answered if not times[number]]
    too_late = [line["number"] for line in failed if line["connecting_at"] >= from_time]
    in_flight = [line["number"] for line in failed if line["connecting_at"] < from_time]
    by_machine = Counter(name for name, entry in entries if entry["number"] in requests)
    return {
        "sent": len(requests),
        "answered": len(answered),
        "failed_in_flight": len(in_flight),
        "lost_after_takeover": len(missing) + len(too_late),
        "duplicated": sum(count - 1 for count in times.values()),
        "out_of_order": len(disordered),
        "entries": {name: by_machine[name] for name, _ in ledgers},
        "final": final_machine(answered, ledgers),
        "details": {
            "answered_but_missing": missing[:20],
            "failed_after_takeover": too_late[:20],
            "duplicated": [number for number, count in times.items() if count > 1][:20],
            "out_of_order": disordered[:20],
            "ledgers_with_gaps": gaps(ledgers),
            "numbers_used_twice": [number for number, count in Counter(line["number"] for line in lines).items() if count > 1][:20],
        },
    }


def passed(verdict):
    details = verdict["details"]
    return (verdict["answered"] > 0 and not verdict["lost_after_takeover"] and not verdict["duplicated"] and not verdict["out_of_order"]
            and not details["ledgers_with_gaps"] and not details["numbers_used_twice"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client_log")
    parser.add_argument("--from", dest="from_time", type=float, required=True, metavar="UNIX_SECONDS",
                        help="when the server was dead: a request that begins to connect later must not fail")
    parser.add_argument("ledgers", nargs="+", metavar="NAME=FILE")
    arguments = parser.parse_args()
    ledgers = [(name, read_lines(path)) for name, path in (each.split("=", 1) for each in arguments.ledgers)]
    verdict = judge(read_lines(arguments.client_log), ledgers, arguments.from_time)
    print(json.dumps(verdict))
    sys.exit(0 if passed(verdict) else 1)


if __name__ == "__main__":
    main()
