"""What the lab's tests share: one lab per file, made before and taken down after."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import check
from failover_run import FailoverRun
from hardware.host import Failed, run

HERE = Path(__file__).resolve().parent
LOGS = Path("/var/log/standin-lab")
UP_WITHIN_S = 420   # playbooks, two captures and two stand-ins on two loaded cores; in rest 90 s


def lab(*words):
    return run(HERE / "lab", *words, deadline_s=UP_WITHIN_S)


class LabCase(unittest.TestCase):
    """`play()` is the scenario; it runs once, and the cases look at what came of it."""

    programs = None
    system = "small"   # what server01 runs
    unheld = ()   # machines that got waiting clients without a request holder before them

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix=f"{cls.__name__}.", dir=_existing(LOGS))
        try:
            lab("up", "--programs", cls.programs, "--system", cls.system)
            cls.play()
        except (Failed, AssertionError, subprocess.TimeoutExpired) as failure:
            cls._tell_what_was_going_on()
            lab("down")
            raise AssertionError(f"{failure}; logs: {cls.directory}, {LOGS}, /var/lib/standin") from failure

    @classmethod
    def tearDownClass(cls):
        lab("down")

    @classmethod
    def play(cls):
        raise NotImplementedError

    @classmethod
    def fail_over(cls, **options):
        """A failure under load to its end; leaves run, operation, verdict and owners in the class."""
        with FailoverRun("server01", cls.directory, **options) as cls.run_:
            cls.run_.start_load()
            cls.break_server()
            cls.run_.wait_for_operation()
            cls.during()
            cls.operation = cls.run_.wait_for_end()
            cls.run_.stop_load()
            cls.verdict = cls.run_.verdict(cls.nothing_may_fail_from(), cls.unheld)
            cls.owners = cls.run_.result(cls.verdict)["owners"]

    @classmethod
    def break_server(cls):
        cls.run_.break_server()

    @classmethod
    def during(cls):
        """What a test does while the failover runs."""

    @classmethod
    def nothing_may_fail_from(cls):
        return cls.run_.broken_at

    def assert_nothing_was_lost(self):
        self.assertTrue(check.passed(self.verdict), self.verdict)

    def assert_never_two_owners(self):
        self.assertTrue(self.run_.never_two_owners(), self.run_.owners())

    @classmethod
    def _tell_what_was_going_on(cls):
        for words in (["standinctl", "status"], ["standinctl", "operation", "list"], [HERE / "lab", "status"]):
            done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
            print(done.stdout, done.stderr, file=sys.stderr)


def main():
    """usage: …_test.py PROGRAMS [case…]"""
    LabCase.programs = sys.argv.pop(1)
    os.environ["PATH"] = f"{LabCase.programs}:{os.environ['PATH']}"
    unittest.main(module="__main__", verbosity=2)


def _existing(directory):
    directory.mkdir(parents=True, exist_ok=True)
    return directory
