"""The lab's inventory: what it renders, and that it says each fact once."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import yaml

import site_inventory
from playing import ROOT, play

LAB = ROOT / "inventory/lab"
EXPECTED = Path(__file__).resolve().parent / "lab_rendered"
HOSTS = ("vmhost1", "store1", "switch1", "holder1", "coordinator")


class TheLab(unittest.TestCase):
    def test_it_renders_what_was_written_out_by_hand_before(self):
        rendered = Path(tempfile.mkdtemp(prefix="standin-rendered-"))
        self.addCleanup(shutil.rmtree, rendered)
        state = site_inventory.lab_state(rendered / "state")
        done = play(ROOT / "tests/roles/render.yml", LAB, extra={"render_dir": str(rendered), "lab_state": str(state),
                                                                 "standin_programs_build_dir": "/nonexistent"})
        self.assertTrue(done.ok, done.messages or done.output)
        others = json.loads((EXPECTED / "variables.json").read_text())
        for host in HOSTS:
            text = {kind: (rendered / f"{host}.{kind}").read_text().replace(str(state), "/var/lib/standin-lab") for kind in ("yml", "json")}
            self.assertEqual(yaml.safe_load(text["yml"]), yaml.safe_load((EXPECTED / f"{host}.yml").read_text()), host)
            self.assertEqual(json.loads(text["json"]), others[host], host)

    def test_each_fact_of_a_server_is_written_once(self):
        text = "\n".join(path.read_text() for path in sorted(LAB.rglob("*.yml")))
        said = yaml.safe_load((LAB / "hosts.yml").read_text())["all"]["children"]["standin_servers"]["hosts"]["server01"]
        facts = ["server01:", *(said[key] for key in ("standin_segment", "standin_bmc", "standin_engine_id"))]
        self.assertEqual({fact: text.count(fact) for fact in facts}, dict.fromkeys(facts, 1))
        # What follows from its number is written for no server.
        for fact in ("52:54:00:77:01", "10.77.1.", "sl-h1", "sl-server01", "server01.raw"):
            self.assertNotIn(fact, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
