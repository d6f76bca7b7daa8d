"""The coordinator is killed (SIGKILL) in the takeover and again in the handover, and started again: it finishes what it began."""

import os
import signal
from pathlib import Path

from hardware import daemons
from hardware.host import wait_until
from lab_case import LabCase, main


def kill_and_restart():
    pid = daemons.pid_of("coordinator")
    os.kill(pid, signal.SIGKILL)
    wait_until("the coordinator is gone", lambda: not Path(f"/proc/{pid}").exists(), 10, pause_s=0.005)
    daemons.start("coordinator")


class CoordinatorKilledTest(LabCase):
    @classmethod
    def play(cls):
        cls.fail_over()

    @classmethod
    def break_server(cls):
        super().break_server()
        cls.run_.wait_for_nobody()   # the server is fenced, the stand-in is not yet there
        kill_and_restart()

    @classmethod
    def during(cls):
        cls.run_.wait_for_owner("holder")
        kill_and_restart()

    def test_the_failover_succeeds(self):
        self.assertEqual(self.operation["outcome"], "succeeded", self.operation["why"])

    def test_nothing_is_lost_duplicated_or_turned_around(self):
        self.assert_nothing_was_lost()

    def test_the_segment_never_has_two_owners(self):
        self.assert_never_two_owners()
        self.assertEqual(self.owners[-1], "spare01")


if __name__ == "__main__":
    main()
