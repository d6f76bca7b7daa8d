"""What the lab relies on in the job `ledger`. usage: ledger_test.py LEDGER_PROGRAM"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = None


class Job:
    """A running ledger on a port of its own."""

    def __init__(self, path, work_ms=0):
        self.process = subprocess.Popen([PROGRAM, "--file", path, "--port", "0", "--work-ms", str(work_ms), "--machine", "m1"],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r"port (\d+)", self.process.stdout.readline()).group(1))

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def post(self, number, connection=None, body=None, close=True):
        connection = connection or self.connect()
        connection.request("POST", "/entries", body or json.dumps({"number": number}), {"Connection": "close"} if close else {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def entries(self):
        connection = self.connect()
        connection.request("GET", "/entries")
        return [json.loads(line) for line in connection.getresponse().read().splitlines()]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="ledger-test-")
        self.path = os.path.join(self.directory.name, "entries")
        self.jobs = []

    def tearDown(self):
        for job in self.jobs:
            job.kill()
        self.directory.cleanup()

    def start(self, work_ms=0):
        self.jobs.append(Job(self.path, work_ms))
        return self.jobs[-1]

    def test_an_answered_entry_is_on_disk(self):
        job = self.start()
        status, answer = job.post(17)
        self.assertEqual((status, answer["sequence"], answer["number"], answer["machine"]), (201, 1, 17, "m1"))
        with open(self.path, encoding="utf-8") as entries:
            self.assertEqual(json.loads(entries.readline())["number"], 17)

    def test_plain_text_names_an_entry_too(self):
        self.assertEqual(self.start().post(None, body="23\n")[1]["number"], 23)

    def test_a_connection_that_is_kept_serves_many_requests(self):
        job = self.start()
        connection = job.connect()
        for number in range(1, 6):
            self.assertEqual(job.post(number, connection, close=False)[1]["sequence"], number)

    def test_requests_are_served_in_the_order_in_which_they_arrived(self):
        job = self.start(work_ms=30)
        connections = []
        for number in range(1, 8):
            connection = job.connect()
            connection.request("POST", "/entries", str(number), {"Connection": "close"})
            connections.append(connection)
        for connection in reversed(connections):
            self.assertEqual(connection.getresponse().status, 201)
        self.assertEqual([entry["number"] for entry in job.entries()], list(range(1, 8)))

    def test_a_stop_answers_every_request_that_has_arrived(self):
        job = self.start(work_ms=50)
        connections = [job.connect() for _ in range(8)]
        for number, connection in enumerate(connections):
            connection.request("POST", "/entries", str(number), {"Connection": "close"})
        stopper = threading.Thread(target=job.stop)
        stopper.start()
        self.assertEqual([connection.getresponse().status for connection in connections], [201] * 8)
        stopper.join()
        self.assertEqual(job.process.returncode, 0)

    def test_a_line_that_a_crash_cut_short_is_removed_and_the_sequence_goes_on(self):
        job = self.start()
        job.post(1)
        job.kill()
        with open(self.path, "a", encoding="utf-8") as entries:
            entries.write('{"sequence":2,"num')
        job = self.start()
        self.assertEqual(job.post(3)[1]["sequence"], 2)
        self.assertEqual([entry["number"] for entry in job.entries()], [1, 3])

    def test_a_body_without_a_number_is_refused(self):
        self.assertEqual(self.start().post(None, body="nothing")[0], 400)

    def test_health_tells_the_machine(self):
        job = self.start()
        connection = job.connect()
        connection.request("GET", "/health")
        answer = connection.getresponse()
        self.assertEqual((answer.status, json.loads(answer.read())["machine"]), (200, "m1"))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
