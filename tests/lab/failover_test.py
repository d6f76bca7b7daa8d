"""A server dies under load: its stand-in answers, the spare takes over, nothing is lost."""

import json

import standin
from hardware import bmc, plan
from lab_case import LabCase, main


class FailoverTest(LabCase):
    @classmethod
    def play(cls):
        cls.fail_over()

    def test_the_failover_succeeds(self):
        self.assertEqual(self.operation["outcome"], "succeeded", self.operation["why"])

    def test_nothing_is_lost_duplicated_or_turned_around(self):
        self.assert_nothing_was_lost()

    def test_the_segment_goes_from_server_to_stand_in_to_holder_to_spare(self):
        self.assertEqual(self.owners, ["server01", "stand_in", "holder", "spare01"])

    def test_the_segment_never_has_two_owners(self):
        self.assert_never_two_owners()

    def test_each_of_the_three_machines_took_entries(self):
        self.assertTrue(all(self.verdict["entries"].values()), self.verdict["entries"])

    def test_the_failed_server_is_without_power(self):
        self.assertIn("off", bmc.power(plan.machine("server01"), "status"))

    def test_one_failure_started_one_failover(self):
        operations = standin.ask("operation", "list", "--server", "server01")["operations"]
        self.assertEqual(len([each for each in operations if each["kind"] == "failover"]), 1)

    def test_the_other_server_was_left_alone(self):
        self.assertTrue(standin.row_of("server02") is None or standin.row_of("server02")["server"] == "server02")
        self.assertIn("on", bmc.power(plan.machine("server02"), "status"))

    def test_every_phase_has_its_time(self):
        wanted = {"detect", "fence_port", "resume", "segment", "announce", "first_answer", "fence_power", "restore", "spare_boot", "hold",
                  "drain", "handover"}
        self.assertEqual(wanted - set(self.operation["phases_ms"]), set(), json.dumps(self.operation["phases_ms"]))


if __name__ == "__main__":
    main()
