"""The judge is judged: every kind of violation is planted once and must be found, and a clean run must pass."""

import copy
import unittest

import check

TAKEOVER = 105.0


def request(number, started, answered=None, kept=False, **changes):
    """A request that was connected and sent 1 ms after it was started."""
    line = {"number": number, "outcome": "answered" if answered else "failed", "kept": kept}
    line.update({key: started + 0.001 for key in ("connected_at", "connected_at_mono", "sent_at", "sent_at_mono")})
    line.update({key: started for key in ("started_at", "started_at_mono", "connecting_at")})
    line.update({key: answered or started + 2 for key in ("ended_at", "ended_at_mono")})
    line.update(changes)
    return line


def ledger(numbers, machine, time=0):
    return [{"sequence": i + 1, "number": number, "time_us": time + i, "machine": machine} for i, number in enumerate(numbers)]


class CheckTest(unittest.TestCase):
    """Requests 1 to 3 went to the server, 4 was in flight when it died, 5 and 6 to the stand-in, 7 and 8 to the spare."""

    def setUp(self):
        self.lines = [request(number, 100 + number, 100.05 + number) for number in (1, 2, 3)]
        self.lines += [request(4, 104)]
        self.lines += [request(number, 101 + number, 101.05 + number) for number in (5, 6, 7, 8)]
        self.server = ledger([1, 2, 3], "server01")
        self.stand_in = ledger([5, 6], "stand-in", 1000)
        self.spare = ledger([7, 8], "spare01", 2000)

    def verdict(self):
        return check.judge(self.lines, [("server", self.server), ("stand-in", self.stand_in), ("spare", self.spare)], TAKEOVER)

    def assert_refused(self, **expected):
        verdict = self.verdict()
        self.assertFalse(check.passed(verdict))
        for key, value in expected.items():
            self.assertEqual(verdict[key], value, key)

    def test_a_clean_failover_passes_and_counts_the_request_in_flight(self):
        verdict = self.verdict()
        self.assertTrue(check.passed(verdict))
        self.assertEqual((verdict["sent"], verdict["answered"], verdict["failed_in_flight"]), (8, 7, 1))
        self.assertEqual(verdict["entries"], {"server": 3, "stand-in": 2, "spare": 2})

    def test_what_the_final_machine_lacks_is_told_with_the_disks_that_have_it(self):
        final = self.verdict()["final"]
        self.assertEqual(final, {"machine": "spare", "has": 2, "lacks": 5, "lacks_by_disk": {"server": 3, "stand-in": 2}})

    def test_a_final_machine_that_has_everything_lacks_nothing(self):
        self.spare = ledger([1, 2, 3, 5, 6, 7, 8], "spare01", 2000)
        self.assertEqual(self.verdict()["final"], {"machine": "spare", "has": 7, "lacks": 0, "lacks_by_disk": {}})

    def test_an_entry_that_is_on_no_disk_is_nowhere(self):
        del self.stand_in[1]
        self.assertEqual(self.verdict()["final"]["lacks_by_disk"], {"server": 3, "stand-in": 1, "nowhere": 1})

    def test_an_answered_entry_that_no_ledger_has_is_lost(self):
        del self.stand_in[1]
        self.assert_refused(lost_after_takeover=1)

    def test_an_answered_entry_of_the_server_that_its_disk_lacks_is_lost(self):
        del self.server[2]
        self.assert_refused(lost_after_takeover=1)

    def test_a_request_that_fails_after_the_takeover_is_lost(self):
        self.lines[5] = request(6, 107)
        self.assert_refused(lost_after_takeover=1)

    def test_a_request_that_never_got_a_connection_after_the_takeover_is_lost(self):
        self.lines.append({"number": 9, "outcome": "failed", "started_at": 110, "started_at_mono": 110, "connecting_at": 111})
        self.assert_refused(lost_after_takeover=1)

    def test_an_entry_on_two_machines_is_duplicated(self):
        self.spare = ledger([6, 7, 8], "spare01", 2000)
        self.assert_refused(duplicated=1)

    def test_an_entry_twice_on_one_machine_is_duplicated(self):
        self.spare = ledger([7, 7, 8], "spare01", 2000)
        self.assert_refused(duplicated=1)

    def test_entries_that_the_image_carried_over_are_no_duplicates(self):
        self.stand_in = copy.deepcopy(self.server) + [dict(entry, sequence=entry["sequence"] + 3) for entry in self.stand_in]
        self.assertTrue(check.passed(self.verdict()))

    def test_an_entry_processed_before_one_that_was_answered_earlier_is_out_of_order(self):
        self.spare = ledger([8, 7], "spare01", 2000)
        self.assert_refused(out_of_order=1)

    def test_order_is_judged_across_machines(self):
        self.stand_in, self.spare = ledger([7, 6], "stand-in", 1000), ledger([5, 8], "spare01", 2000)
        self.assertFalse(check.passed(self.verdict()))

    def test_held_requests_released_in_another_order_than_they_arrived_are_out_of_order(self):
        self.lines[6:] = [request(7, 108, 120), request(8, 109, 119)]
        self.spare = ledger([8, 7], "spare01", 2000)
        self.assert_refused(out_of_order=1)

    def test_requests_that_were_under_way_together_may_be_served_in_any_order(self):
        self.lines[6:] = [request(7, 108, 120), request(8, 108.002, 119)]
        self.spare = ledger([8, 7], "spare01", 2000)
        self.assertTrue(check.passed(self.verdict()))

    def test_where_nobody_held_requests_only_an_answer_proves_an_order(self):
        self.lines[6:] = [request(7, 108, 120), request(8, 109, 119)]
        self.spare = ledger([8, 7], "spare01", 2000)
        ledgers = [("server", self.server), ("stand-in", self.stand_in), ("spare", self.spare)]
        self.assertTrue(check.passed(check.judge(self.lines, ledgers, TAKEOVER, unheld=("spare",))))
        self.lines[6:] = [request(7, 108, 108.5), request(8, 109, 119)]
        self.assertFalse(check.passed(check.judge(self.lines, ledgers, TAKEOVER, unheld=("spare",))))

    def test_a_ledger_with_a_hole_is_refused(self):
        self.spare[1]["sequence"] = 3
        self.assert_refused()

    def test_a_run_without_any_answer_proves_nothing(self):
        self.lines = []
        self.assert_refused(sent=0)


if __name__ == "__main__":
    unittest.main()
