"""The stand-in is gone when it is needed: the spare is restored and takes the job by itself."""

import standin
from hardware import machines
from lab_case import LabCase, main

RESTORED_AND_BOOTED_WITHIN_S = 180   # what a client must be ready to wait for on the cold path


class ColdPathTest(LabCase):
    unheld = ("spare",)

    @classmethod
    def play(cls):
        cls.fail_over(timeout_s=RESTORED_AND_BOOTED_WITHIN_S)

    @classmethod
    def break_server(cls):
        # Whoever keeps the stand-in must not have the time to make another one.
        machines.virsh("destroy", f"vmhost1.{standin.row_of('server01')['stand_in']}")
        super().break_server()

    @classmethod
    def nothing_may_fail_from(cls):
        return next(at for at, names in cls.run_.owners() if "spare01" in names)

    def test_the_failover_succeeds(self):
        self.assertEqual(self.operation["outcome"], "succeeded", self.operation["why"])

    def test_the_segment_goes_from_the_server_to_the_spare(self):
        self.assertEqual(self.owners, ["server01", "spare01"])
        self.assert_never_two_owners()

    def test_nothing_is_lost_once_the_spare_has_the_job(self):
        self.assert_nothing_was_lost()


if __name__ == "__main__":
    main()
