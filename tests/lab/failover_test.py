"""A server dies under load: its stand-in answers, the spare takes over, and what the spare lacks is said and kept."""

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

    def test_the_end_says_what_the_spare_lacks_and_where_it_is(self):
        final = self.verdict["final"]
        self.assertEqual(final["machine"], "spare")
        self.assertEqual(set(final["lacks_by_disk"]), {"server", "stand_in"}, final)
        end = next(note for note in self.operation["notes"] if note["topic"] == "end")
        self.assertNotIn("ended normally", end["sentence"])
        self.assertIn("server 'server01'", end["sentence"])
        self.assertIn(f"stand-in '{self.operation['stand_in']}'", end["sentence"])

    def test_the_takeover_says_from_when_the_data_are(self):
        takeover = next(note for note in self.operation["notes"] if note["topic"] == "takeover")
        self.assertRegex(takeover["sentence"], "goes on with its data of .* ago")

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
