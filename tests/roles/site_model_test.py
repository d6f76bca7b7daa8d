"""The site model by itself: what it derives from plain dictionaries."""

import copy
import sys
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "playbooks/plugins/filter"))
import standin_site  # noqa: E402
from site_model import keys, variables  # noqa: E402

SERVER = {"standin_vlan": "101", "standin_address": "203.0.113.26/28", "standin_gateway": "203.0.113.17", "standin_mac": "52:54:00:00:01:0a",
          "standin_port": "p1", "standin_disk_path": "/dev/sdb", "standin_bmc": "192.0.2.11", "standin_bmc_password": "secret",
          "standin_job": {"ports": [443], "probe": {"tcp": {"port": 443}}, "data": "none"}, "standin_stand_in": {"memory": "4GiB"},
          "standin_holder_front": {"port": "h1f", "interface": "eth1", "mac": "52:54:00:00:01:f0"},
          "standin_holder_back": {"port": "h1b", "interface": "eth2", "address": "203.0.113.27/28"}, "standin_spare": "spare01"}
SPARE = {"standin_mac": "52:54:00:00:09:01", "standin_port": "ps1", "standin_disk_path": "/dev/sdc", "standin_bmc": "192.0.2.31",
         "standin_bmc_password": "another"}
HOSTS = {
    "srv01": SERVER, "spare01": SPARE,
    "vmhost1": {"ansible_host": "198.51.100.11", "standin_bridge": "br0", "standin_landing_vlan": 4000},
    "store1": {"ansible_host": "198.51.100.12"},
    "switch1": {"ansible_host": "198.51.100.13", "standin_bridge": "br0", "standin_quarantine_vlans": "3000-3999"},
    "holder1": {"ansible_host": "198.51.100.14"},
    "coord1": {"ansible_host": "198.51.100.10", "standin_coordinator_trap_communities": ["a"],
              "standin_coordinator_allow_unauthenticated_traps": True},
}
GROUPS = {"standin_servers": ["srv01"], "standin_spares": ["spare01"], "standin_vm_hosts": ["vmhost1"], "standin_image_stores": ["store1"],
          "standin_lan_switches": ["switch1"], "standin_request_holders": ["holder1"], "standin_coordinators": ["coord1"]}


def derived(host, change=None, groups=None):
    """The variables that are filled in for a host; `change` adds variables to hosts."""
    hosts = copy.deepcopy(HOSTS)
    for name, variables in (change or {}).items():
        hosts.setdefault(name, {}).update(variables)
    answer = standin_site.standin_site(hosts, GROUPS | (groups or {}))
    return next(each for each in answer["hosts"] if each["name"] == host)["variables"]


class Derived(unittest.TestCase):
    def test_a_server_is_known_to_coordinator_store_and_holder(self):
        server = derived("coord1")["standin_coordinator_servers"]["srv01"]
        self.assertEqual(server["vlan"], 101)
        self.assertEqual(server["address"], "203.0.113.26")
        self.assertEqual(server["trap_sources"], ["192.0.2.11"])
        self.assertEqual([server[part] for part in ("vm_host", "image_store", "switch", "request_holder")],
                         ["vmhost1", "store1", "switch1", "holder1"])
        self.assertEqual(derived("store1")["standin_agent_image_store"]["disks"], {"srv01": {"path": "/dev/sdb"}, "spare01": {"path": "/dev/sdc"}})
        job = derived("holder1")["standin_agent_request_holder"]["jobs"]["srv01"]
        self.assertEqual(job["front"], {"interface": "eth1", "address": "203.0.113.26/28", "gateway": "203.0.113.17"})
        self.assertEqual(job["ports"], [443])

    def test_passwords_are_secrets_and_not_in_the_configuration(self):
        variables = derived("coord1")
        self.assertEqual(variables["standin_coordinator_secrets"], [{"name": "bmc-srv01", "content": "secret"}, {"name": "bmc-spare01", "content": "another"}])
        rung = variables["standin_coordinator_servers"]["srv01"]["fence"]["ladder"][0]
        self.assertEqual(rung, {"agent": "fence_ipmilan", "options": {"ip": "192.0.2.11"}, "password_file": "/etc/standin/secrets/bmc-srv01"})

    def test_addresses_names_and_urls_come_from_one_address(self):
        self.assertEqual(derived("vmhost1")["standin_agent_listen"], "198.51.100.11:8441")
        self.assertEqual(derived("vmhost1")["standin_certificates_names"], ["IP:198.51.100.11", "DNS:vmhost1"])
        self.assertEqual(derived("coord1")["standin_coordinator_listen"], "198.51.100.10:8440")
        self.assertEqual(derived("coord1")["standin_coordinator_agents"]["vmhost1"], {"url": "https://198.51.100.11:8441"})

    def test_rows_follow_from_the_servers_spares(self):
        self.assertEqual(derived("coord1")["standin_spare_table_rows"], [{"server": "srv01", "spare": "spare01"}])

    def test_what_a_roles_variable_says_explicitly_is_not_filled_in(self):
        change = {"vmhost1": {"standin_agent_listen": "10.0.0.1:9000"}, "coord1": {"standin_coordinator_spares": {}}}
        self.assertNotIn("standin_agent_listen", derived("vmhost1", change))
        self.assertNotIn("standin_coordinator_spares", derived("coord1", change))
        self.assertEqual(derived("coord1", change)["standin_coordinator_agents"]["vmhost1"], {"url": "https://10.0.0.1:9000"})

    def test_a_host_with_two_capabilities_gets_both(self):
        variables = derived("vmhost1", {"vmhost1": {"standin_quarantine_vlans": "3000-3999"}}, {"standin_lan_switches": ["vmhost1"]})
        self.assertEqual(variables["standin_agent_hypervisor"]["bridge"], "br0")
        self.assertEqual(variables["standin_agent_switch"], {"bridge": "br0", "quarantine_vlans": "3000-3999"})

    def test_a_server_names_its_parts_where_there_are_several(self):
        groups = {"standin_image_stores": ["store1", "store2"]}
        change = {"store2": {"ansible_host": "198.51.100.15"}, "srv01": {"standin_image_store": "store2"}, "spare01": {"standin_image_store": "store1"}}
        self.assertEqual(derived("store2", change, groups)["standin_agent_image_store"]["disks"], {"srv01": {"path": "/dev/sdb"}})
        self.assertEqual(derived("coord1", change, groups)["standin_coordinator_servers"]["srv01"]["image_store"], "store2")

    def test_evidence_and_fence_always_reach_the_coordinators_servers_as_they_are(self):
        evidence = {"policy": "power", "kinds": {"memory": "operator"}, "decide_within": "30s"}
        server = derived("coord1", {"srv01": {"standin_evidence": evidence, "standin_fence_always": True}})["standin_coordinator_servers"]["srv01"]
        self.assertEqual((server["evidence"], server["fence_always"]), (evidence, True))
        for key in ("evidence", "fence_always"):   # the coordinator's own defaults hold
            self.assertNotIn(key, derived("coord1")["standin_coordinator_servers"]["srv01"])

    def test_a_trap_user_of_each_server_with_an_engine(self):
        change = {"srv01": {"standin_engine_id": "0x80", "standin_trap_user": {"name": "bmc", "authentication": "SHA-256"}}}
        self.assertEqual(derived("coord1", change)["standin_coordinator_trap_users"],
                         [{"name": "bmc", "authentication": "SHA-256", "engine_id": "0x80", "servers": ["srv01"]}])

    def test_a_community_of_a_server_speaks_for_that_server_only(self):
        found = derived("coord1", {"srv01": {"standin_trap_community": "its own"}})
        self.assertEqual(found["standin_coordinator_server_communities"],
                         [{"file": "/etc/standin/secrets/community-srv01", "servers": ["srv01"]}])
        self.assertIn({"name": "community-srv01", "content": "its own"}, found["standin_coordinator_secrets"])

    def test_the_parents_are_filled(self):
        answer = standin_site.standin_site(HOSTS, GROUPS)
        self.assertEqual({host["name"]: host["groups"] for host in answer["hosts"]},
                         {name: ["standin_agents", "standin_machines"] for name in ("vmhost1", "store1", "switch1", "holder1")}
                         | {"coord1": ["standin_machines"]})


def plain(value):
    """Of a folded text its words."""
    return " ".join(value.split()) if isinstance(value, str) else value


class Nonsense(unittest.TestCase):
    def test_a_value_of_another_kind_is_named_whatever_it_is(self):
        """No rule stumbles over it, and none is silent but where a text may be anything."""
        for host, variables_of in HOSTS.items():
            for variable in {*keys.VARIABLES, *variables.role_variables()} if host == "coord1" else variables_of:
                for value in ("x", 5, [], {}, [1], ["a"], {"a": 1}, True, {"a": [{"b": None}]}, [{"name": "a"}]):
                    problems = standin_site.standin_site(HOSTS | {host: variables_of | {variable: value}}, GROUPS)["problems"]
                    self.assertEqual([line for line in problems if "a rule of the site model failed" in line], [], (host, variable, value))

    def test_a_policy_of_the_evidence_that_is_none_is_named_whatever_it_is(self):
        for evidence in ({"policy": "silent"}, {"policy": ["power"]}, {"policy": None}, {"kinds": {"memory": 5}}, {"kinds": ["memory"]}):
            problems = standin_site.standin_site(HOSTS | {"srv01": SERVER | {"standin_evidence": evidence}}, GROUPS)["problems"]
            self.assertEqual(len(problems), 1, (evidence, problems))
            self.assertIn("standin_evidence of server 'srv01' has ", problems[0])


class Documented(unittest.TestCase):
    def test_the_examples_readme_has_every_variable_and_no_other(self):
        readme = (ROOT / "inventory/example/README.md").read_text()
        rows = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| `standin_")}
        self.assertEqual(rows, set(keys.VARIABLES))

    def test_every_default_of_a_role_is_among_its_arguments(self):
        known = variables.role_variables()
        for path in (ROOT / "roles").glob("*/defaults/main.yml"):
            names = {line.split(":")[0] for line in path.read_text().splitlines() if line.startswith("standin_")}
            self.assertEqual(names - set(known), set(), path)

    def test_every_default_is_that_of_its_argument(self):
        for path in sorted((ROOT / "roles").glob("*/defaults/main.yml")):
            specs = yaml.safe_load((path.parents[1] / "meta/argument_specs.yml").read_text())["argument_specs"]
            options = {name: option for entry in specs.values() for name, option in entry.get("options", {}).items()}
            defaults_ = yaml.safe_load(path.read_text()) or {}
            said = {name: option["default"] for name, option in options.items() if "default" in option}
            # An argument that is required is empty until somebody says it; one that is null says nothing.
            expected = {name: value for name, value in defaults_.items() if not options[name].get("required") and value is not None}
            self.assertEqual({name: plain(value) for name, value in said.items()}, {name: plain(value) for name, value in expected.items()}, path)

    def test_defaults_are_those_of_the_roles(self):
        self.assertIn('standin_coordinator_secrets_dir: "{{ standin_coordinator_config_dir }}/secrets"', defaults("standin_coordinator"))
        self.assertIn("standin_coordinator_config_dir: /etc/standin", defaults("standin_coordinator"))
        self.assertIn(f'standin_agent_state_dir: "{keys.STATE_DIR}/{{{{ standin_agent_name }}}}"', defaults("standin_agent"))


def defaults(role):
    return (ROOT / f"roles/{role}/defaults/main.yml").read_text()


if __name__ == "__main__":
    unittest.main(verbosity=2)
