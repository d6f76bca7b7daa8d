#!/usr/bin/python3
"""What a killed test has left is taken down; what one that is at work has made, or nobody wrote down, is not."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "leftovers.sh"


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, check=True, **options).stdout


def start_time(pid):
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[19]


class Leftovers(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.records = Path(directory.name)
        self.number = os.getpid()

    def make_space(self, name):
        run("ip", "netns", "add", name)
        self.addCleanup(subprocess.run, ["ip", "netns", "del", name], capture_output=True, check=False)

    def write(self, pid, started, *lines):
        path = self.records / f"{pid}-{started}"
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return path

    def clean(self):
        run(SCRIPT, env=dict(os.environ, STANDIN_TEST_RECORDS=str(self.records)))

    @staticmethod
    def spaces():
        return [line.split()[0] for line in run("ip", "netns", "list").splitlines()]

    def killed(self):
        """The number and start of a process that is gone."""
        with subprocess.Popen(["sleep", "600"]) as process:
            started = start_time(process.pid)
            process.kill()
        return process.pid, started

    def test_what_a_killed_test_has_left_is_taken_down_with_its_record(self):
        name = f"lot{self.number}"
        self.make_space(name)
        run("ip", "link", "add", f"lol{self.number}", "type", "veth", "peer", "name", f"lop{self.number}")
        directory = tempfile.mkdtemp(prefix="standin-leftover-", dir="/var/tmp")
        record = self.write(*self.killed(), name, f"lol{self.number}", directory)
        self.clean()
        self.assertNotIn(name, self.spaces())
        self.assertNotIn(f"lol{self.number}", run("ip", "-o", "link", "show"))
        self.assertFalse(Path(directory).exists())
        self.assertFalse(record.exists())

    def test_what_a_test_at_work_has_made_stays(self):
        name = f"lot{self.number}"
        self.make_space(name)
        record = self.write(self.number, start_time(self.number), name)
        self.clean()
        self.assertIn(name, self.spaces())
        self.assertTrue(record.exists())

    def test_a_name_that_only_begins_alike_stays(self):
        self.make_space(f"lot{self.number}0")
        self.write(*self.killed(), f"lot{self.number}")
        self.clean()
        self.assertIn(f"lot{self.number}0", self.spaces())

    def test_lines_that_are_no_names_of_tests_do_nothing(self):
        self.write(*self.killed(), "", "/etc", "/var/tmp/standin-x/../../etc", "lo", ".*", "a b")
        self.clean()
        self.assertTrue(Path("/etc").exists())
        self.assertIn(" lo:", run("ip", "-o", "link", "show"))


if __name__ == "__main__":
    unittest.main()
