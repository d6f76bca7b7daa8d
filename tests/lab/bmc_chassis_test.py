#!/usr/bin/python3
"""What the lab's BMCs say about power: also where libvirt can't report it."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "hardware" / "bmc_chassis.sh"


class BmcChassis(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def ask(self, *words, says):
        """Runs the script with a virsh that does `says` for `domstate` and writes down what else it is asked."""
        virsh = self.directory / "virsh"
        log = self.directory / "asked"
        virsh.write_text(f'#!/bin/sh\ncase "$4" in domstate) {says} ;; *) echo "$4" >>{log} ;; esac\n')
        virsh.chmod(0o755)
        environment = dict(os.environ, PATH=f"{self.directory}:{os.environ['PATH']}")
        done = subprocess.run([SCRIPT, "sl-server01", self.directory, *words], env=environment, capture_output=True, text=True, timeout=30,
                              check=False)
        return done.returncode, done.stdout.strip(), log.read_text().split() if log.exists() else []

    def test_a_running_machine_is_on_and_one_that_is_shut_off_is_off(self):
        self.assertEqual(self.ask("get", "power", "", says="echo running"), (0, "power:1", []))
        self.assertEqual(self.ask("get", "power", "", says="echo paused"), (0, "power:1", []))
        self.assertEqual(self.ask("get", "power", "", says="echo 'shut off'"), (0, "power:0", []))
        self.assertEqual(self.ask("get", "power", "", says="echo crashed"), (0, "power:0", []))

    def test_where_libvirt_is_away_nobody_says_off(self):
        for says in ("exit 1", "echo", "echo 'no state'"):
            code, told, asked = self.ask("get", "power", "", says=says)
            self.assertNotEqual(code, 0)
            self.assertEqual((told, asked), ("", []))

    def test_where_libvirt_is_away_switching_fails_visibly(self):
        for value in ("0", "1"):
            code, _, asked = self.ask("set", "power", value, says="exit 1")
            self.assertNotEqual(code, 0)
            self.assertEqual(asked, [])

    def test_switching_acts_only_where_it_changes_something(self):
        self.assertEqual(self.ask("set", "power", "0", says="echo running")[2], ["destroy"])
        (self.directory / "asked").unlink()
        self.assertEqual(self.ask("set", "power", "0", says="echo 'shut off'"), (0, "", []))
        self.assertEqual(self.ask("set", "power", "1", says="echo 'shut off'")[2], ["start"])


if __name__ == "__main__":
    unittest.main()
