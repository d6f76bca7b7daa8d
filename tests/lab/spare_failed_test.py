"""The spare never starts: the stand-in goes on, stronger, and the operator is notified."""

from hardware import bmc, machines, plan
from lab_case import LabCase, lab, main


class SpareFailedTest(LabCase):
    @classmethod
    def play(cls):
        lab("break", "spare01", "--how", "never-boots")
        cls.fail_over()

    def test_the_operator_is_told_why_the_spare_could_not_take_over(self):
        self.assertIn(self.operation["outcome"], ("failed", "needs_operator"))
        self.assertIn("spare", self.operation["why"])

    def test_the_stand_in_goes_on_and_nothing_is_lost(self):
        self.assert_nothing_was_lost()
        self.assertEqual(self.owners[-1], "stand_in")

    def test_the_spare_never_had_the_segment(self):
        self.assertNotIn("spare01", self.owners)
        self.assert_never_two_owners()

    def test_the_spare_is_powered_off(self):
        self.assertIn("off", bmc.power(plan.machine("spare01"), "status"))

    def test_the_stand_in_has_more_memory_and_processors_than_it_began_with(self):
        name = f"vmhost1.{self.operation['stand_in']}"
        stats = machines.virsh("domstats", name, "--balloon", "--vcpu")
        self.assertIn("balloon.current=393216", stats)   # 384 MiB, the most that inventory/lab allows
        self.assertIn("vcpu.current=2", stats)


if __name__ == "__main__":
    main()
