"""The demo's heart: a client posts all the time, server01 dies, its failover is shown as it goes, the judge speaks.

usage: demo.py DIRECTORY   (leaves there: client.jsonl, owners.jsonl, summary, result.json)
"""

import json
import subprocess
import sys
from pathlib import Path

import check
from failover_run import FailoverRun
from hardware.host import Failed

SERVER = "server01"
PHASES = ("detect", "fence_port", "resume", "segment", "announce", "first_answer", "fence_power", "restore", "spare_boot", "hold", "drain",
          "handover")


def final_sentence(final):
    """What the machine that has the job now does not know: it was made from an image."""
    if not final["lacks"]:
        return f"The {final['machine']}, which has the job now, has all of them."
    where = ", ".join(f"{count} on the disk of the {name.replace('_', '-')}" for name, count in final["lacks_by_disk"].items())
    return (f"The {final['machine']}, which has the job now, was made from the image: it has {final['has']} of them and lacks "
            f"{final['lacks']} ({where}), as the failover's end says.")


def summary(result, verdict):
    phases = "\n".join(f"    {name:14}{result['phases_ms'].get(name, float('nan')):10.1f} ms" for name in PHASES)
    entries = ", ".join(f"{name.replace('_', '-')} {count}" for name, count in verdict["entries"].items())
    good = f"Each answered entry is on a disk, once, and in order. {final_sentence(verdict['final'])}" if check.passed(verdict) else f"NOT GOOD: {json.dumps(verdict['details'])}"
    return f"""{SERVER} died. {result['trap_to_first_answer_ms']} ms after its BMC's trap arrived the client had its first answer from the stand-in.
  The segment belonged to: {' -> '.join(result['owners'])}
  Phases:
{phases}
  The client sent {result['sent']} entries: {result['answered']} were answered; {result['failed_in_flight']} were in flight when the server died and failed visibly.
  The disks say who took them: {entries}.
  {good}"""


def main():
    with FailoverRun(SERVER, sys.argv[1]) as run:
        run.start_load()
        print(f"   the client has {len(run.answered())} answers; now the power supply of {SERVER} burns out", flush=True)
        run.break_server()
        operation = run.wait_for_operation()
        subprocess.run(["standinctl", "operation", "watch", str(operation["id"])], timeout=300, check=False)
        run.wait_for_end()
        run.stop_load()
        verdict = run.verdict()
        result = run.result(verdict)
        result["phases_ms"] = {name: result["phases_ms"].get(name) for name in PHASES}
        Path(sys.argv[1], "result.json").write_text(json.dumps(result))
        Path(sys.argv[1], "summary").write_text(summary({**result, "phases_ms": run.operation["phases_ms"]}, verdict))
        good = check.passed(verdict) and run.never_two_owners() and result["outcome"] == "succeeded"
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"demo: {failure}")
