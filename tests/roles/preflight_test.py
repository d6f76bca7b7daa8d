"""What cannot be meant is refused first, in check mode as in a real run, with the inventory's file, the variable and the cure.

usage: preflight_test.py [PROGRAMS] [unittest arguments]; PROGRAMS is the directory with standin-agent and standin-coordinator.
"""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from faults import FAULTS
from inventory_reading import read
from playing import ROOT, play

PROGRAMS = Path(sys.argv.pop(1) if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir() else ROOT / ".build/release/bin").resolve()
EXAMPLE = ROOT / "inventory/example"
PASS_PHRASE = "example"
PLAYBOOKS = sorted(path.name for path in (ROOT / "playbooks").glob("*.yml") if path.name not in ("preflight.yml", "upgrade_part.yml"))


class InventoryCase(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="standin-preflight-test-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.inventory = self.directory / "inventory"
        shutil.copytree(EXAMPLE, self.inventory)
        (self.directory / "pass").write_text(PASS_PHRASE + "\n")

    def spoil(self, fault):
        path = self.inventory / fault.file
        before = path.read_text() if path.exists() else "---\n"
        self.assertIn(fault.old, before)
        path.write_text(before.replace(fault.old, fault.new) if fault.old else before + fault.new)

    def assert_says(self, fault, lines):
        """One message has all three."""
        words = (f"{self.inventory}/{fault.named or fault.file}", fault.variable, fault.cure)
        self.assertTrue(any(all(word in line for word in words) for line in lines), "\n".join([f"none says all of {words}:", *lines]))

    def play(self, playbook, *words):
        return play(playbook, self.inventory, "--vault-password-file", str(self.directory / "pass"), *words,
                    extra={"standin_programs_build_dir": str(PROGRAMS), "standin_confirm": "yes"})


class TheExample(InventoryCase):
    def test_is_as_it_can_be_meant(self):
        self.assertEqual(read(self.inventory, PASS_PHRASE)["problems"], [])

    def test_is_what_its_daemons_would_read(self):
        done = self.play("preflight.yml")
        self.assertTrue(done.ok, done.messages or done.output)
        self.assertEqual(done.changed, [])
        self.assertNotIn("bmc-of-srv01", done.output)

    def test_is_refused_without_its_pass_phrase(self):
        done = play("site.yml", self.inventory, "--check")
        self.assertFalse(done.ok)
        self.assertIn("standin_bmc_password", done.messages)
        self.assertIn("the vault's pass phrase is missing or wrong: give it with --ask-vault-pass", done.messages)
        self.assertEqual(done.changed, [])

    def test_is_refused_with_another_pass_phrase(self):
        self.assertTrue(any("pass phrase is missing or wrong" in line for line in read(self.inventory, "wrong")["problems"]))


class Faults(InventoryCase):
    """Of each fault of the table: what the filter says, and what a check and a real run of site.yml come to."""


class FaultsPlayed(InventoryCase):
    def played(self, fault):
        self.spoil(fault)
        checked, made = self.play("site.yml", "--check"), self.play("site.yml")
        for done in (checked, made):
            self.assertNotEqual(done.code, 0)
            self.assertEqual(done.changed, [])
            self.assert_says(fault, done.refusals)
        self.assertEqual(made.refusals, checked.refusals)


class EveryPlaybook(InventoryCase):
    def test_begins_with_the_check(self):
        fault = FAULTS["an_unknown_spare"]
        self.spoil(fault)
        for playbook in PLAYBOOKS:
            done = self.play(playbook)
            self.assertNotEqual(done.code, 0, playbook)
            self.assert_says(fault, done.refusals)


class Consent(InventoryCase):
    ASKED = {"failover.yml": {"standin_server": "srv01"}, "operation.yml": {"standin_operation_id": 1, "standin_action": "retry"},
             "return.yml": {"standin_server": "srv01"}, "maintenance.yml": {"standin_maintenance": "on"}, "backup_images.yml": {},
             "remove.yml": {"standin_remove": "srv01"}, "upgrade.yml": {}}

    def test_is_asked_for_before_anything_is_done_that_hurts(self):
        for playbook, wish in self.ASKED.items():
            done = play(playbook, self.inventory, "--vault-password-file", str(self.directory / "pass"),
                        extra={"standin_programs_build_dir": str(PROGRAMS), "ansible_connection": "local", "ansible_become": False} | wish)
            self.assertNotEqual(done.code, 0, playbook)
            self.assertIn("add -e standin_confirm=yes", done.messages, playbook)
            self.assertEqual(done.changed, [], playbook)

    def test_a_spare_that_a_server_names_does_not_leave(self):
        done = play("remove.yml", self.inventory, "--vault-password-file", str(self.directory / "pass"),
                    extra={"ansible_connection": "local", "ansible_become": False, "standin_remove": "spare02", "standin_confirm": "yes"})
        self.assertNotEqual(done.code, 0)
        self.assertIn("names spare 'spare02', which there is not", done.messages)

    def test_a_limit_to_servers_does_not_go_around_the_check(self):
        fault = FAULTS["an_unknown_spare"]
        self.spoil(fault)
        done = self.play("maintenance.yml", "--limit", "srv01", "--check")
        self.assertNotEqual(done.code, 0)
        self.assert_says(fault, done.refusals)


def _add_cases():
    for name, fault in FAULTS.items():
        def said(self, fault=fault):
            self.spoil(fault)
            self.assert_says(fault, read(self.inventory, PASS_PHRASE)["problems"])

        if not fault.by_daemon:
            setattr(Faults, f"test_{name}", said)
        setattr(FaultsPlayed, f"test_{name}", lambda self, fault=fault: self.played(fault))


_add_cases()

if __name__ == "__main__":
    unittest.main(verbosity=2)
