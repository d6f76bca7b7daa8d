"""The roles and playbooks: that they are well written, tell the truth in check mode, change nothing twice, and refuse nonsense.

usage: roles_test.py PROGRAMS [unittest arguments]; PROGRAMS is the directory with standin-agent, standin-coordinator and standinctl.
"""

import hashlib
import http.server
import json
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import yaml

import site_inventory
from playing import ROOT, play

PROGRAMS = Path(sys.argv.pop(1) if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir() else ROOT / ".build/release/bin").resolve()
PLAYBOOKS = sorted(path.name for path in (ROOT / "playbooks").glob("*.yml") if path.name != "upgrade_part.yml")


def own_address():
    """A loopback address that nobody else on this machine uses: made from the process id."""
    return f"127.78.{os.getpid() >> 8 & 255}.{max(1, os.getpid() & 255)}"


def listing(directory):
    """Every file below, with its content's digest: what a check must not change."""
    found = {}
    for path in sorted(Path(directory).rglob("*")):
        if "log" in path.parts[len(Path(directory).parts):] or path.suffix in (".sqlite-wal", ".sqlite-shm", ".sqlite"):
            continue
        found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory"
    return found


class Site:
    """The small site, taken down at the end also when a test failed."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="standin-roles-"))
        self.address = own_address()
        self.inventory = site_inventory.write(self.directory, self.address, PROGRAMS)

    def play(self, playbook, *words, **more):
        return play(playbook, self.inventory, *words, **more)

    def pid(self, service):
        return int((self.directory / "run" / f"{service}.pid").read_text())

    def take_down(self):
        for service in (self.directory / "run").glob("*.pid"):
            try:
                os.kill(int(service.read_text()), signal.SIGKILL)
            except (ProcessLookupError, ValueError):
                pass
        shutil.rmtree(self.directory, ignore_errors=True)


class WellWritten(unittest.TestCase):
    def test_every_playbook_has_good_syntax_with_the_labs_inventory(self):
        for playbook in PLAYBOOKS:
            done = subprocess.run(["ansible-playbook", "-i", "inventory/lab", f"playbooks/{playbook}", "--syntax-check"],
                                  cwd=ROOT, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_yamllint_has_nothing_to_say(self):
        done = subprocess.run(["yamllint", "--strict", "roles", "playbooks", "inventory"], cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_ansible_lint_has_nothing_to_say(self):
        done = subprocess.run(["ansible-lint", "--offline", "--nocolor", "-q"], cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_ansible_doc_knows_every_module_role_and_the_inventory_plugin(self):
        modules = [path.stem for path in (ROOT / "playbooks/plugins/modules").glob("*.py")]
        roles = [path.name for path in (ROOT / "roles").iterdir()]
        for words in (["-t", "module", *modules], ["-t", "role", "-r", "roles", *roles], ["-t", "inventory", "standin_site"]):
            done = subprocess.run(["ansible-doc", "--json", *words], cwd=ROOT, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            known = json.loads(done.stdout)
            for name in [word for word in words[2:] if word.startswith("standin_")]:
                self.assertTrue(known.get(name), name)
            for name, about in known.items():
                self.assertTrue(about.get("entry_points") or about.get("doc", {}).get("options"), name)

    def test_every_role_has_what_a_role_has(self):
        for role in (ROOT / "roles").iterdir():
            for part in ("README.md", "defaults/main.yml", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml"):
                self.assertTrue((role / part).exists(), f"{role.name} has no {part}")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "the package systemd is not installed")
    def test_the_units_are_good_for_systemd(self):
        units = self.written_units()
        self.assertEqual(len(list(units.glob("*.service"))), 10)
        for unit in units.glob("*.service"):
            text = unit.read_text().replace("/usr/local/sbin/", "/bin/true #")
            unit.write_text(text)
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
            self.assertEqual(verified.stderr.strip(), "", unit.name)

    def test_a_unit_that_fails_names_the_one_that_hands_the_operators_program_a_message(self):
        handed = Path(tempfile.mkdtemp(prefix="standin-notify-"))
        self.addCleanup(shutil.rmtree, handed)
        notify = handed / "notify"
        notify.write_text(f"#!/bin/sh\ncat > {handed}/message\n")
        notify.chmod(0o755)
        units = self.written_units({"standin_agent_notify_command": str(notify), "standin_coordinator_notify_command": str(notify)})
        for unit in (unit for unit in units.glob("*.service") if not unit.stem.endswith("-failed")):
            failed = settings_of(unit)["OnFailure"]
            self.assertIn(f"systemctl start --no-block {failed}'", settings_of(unit)["ExecStopPost"])
            command = shlex.split(settings_of(units / f"{unit.stem}-failed.service")["ExecStart"].replace("%H", "thishost"))
            subprocess.run(command, check=True, timeout=30)
            message = (handed / "message").read_text()
            self.assertRegex(message, r"\Aneeds operator: .* on thishost has failed and is started again; see: journalctl -u ")
            # It speaks of the unit whose failure starts it.
            self.assertEqual(message.split()[-1] + "-failed.service", failed, unit.name)

    def written_units(self, more=None):
        """The directory of the units of the lab's inventory: HOST.service, and HOST-failed.service."""
        units = Path(tempfile.mkdtemp(prefix="standin-units-"))
        self.addCleanup(shutil.rmtree, units)
        playbook = units / "units.yml"
        playbook.write_text(UNITS.replace("UNITS", str(units)).replace("ROOT", str(ROOT)))
        done = play(playbook, ROOT / "inventory/lab", extra={"lab_state": str(site_inventory.lab_state(units / "state"))} | (more or {}))
        self.assertTrue(done.ok, done.messages or done.output)
        return units


def settings_of(unit):
    """The last value of each of a unit's settings."""
    lines = (line for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


UNITS = """---
- name: Fill in what follows from the site
  ansible.builtin.import_playbook: ROOT/playbooks/preflight.yml

- name: Write the units
  hosts: standin_agents:standin_coordinators
  gather_facts: false
  vars:
    role: "ROOT/roles/{{ 'standin_coordinator' if inventory_hostname == 'coordinator' else 'standin_agent' }}"
  tasks:
    - name: Have the role's variables at hand
      ansible.builtin.include_role:
        name: "{{ role | basename }}"
        tasks_from: render
        public: true

    - name: Write the unit
      ansible.builtin.template:
        src: "{{ role }}/templates/{{ role | basename | replace('_', '-') }}.service.j2"
        dest: "UNITS/{{ inventory_hostname }}.service"
        mode: "0644"

    - name: Write the unit of its failure
      ansible.builtin.template:
        src: "{{ role }}/templates/{{ role | basename | replace('_', '-') }}-failed.service.j2"
        dest: "UNITS/{{ inventory_hostname }}-failed.service"
        mode: "0644"
"""


CA = """[ca]
default_ca = one
[one]
database = DIRECTORY/index.txt
default_md = sha256
unique_subject = no
certificate = DIRECTORY/ca/ca.crt
private_key = DIRECTORY/ca/ca.key
"""


class ASite(unittest.TestCase):
    """One site from nothing to converged; the tests' names are in the order of its life."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.take_down)

    def test_1_a_check_of_a_fresh_host_tells_of_changes_and_makes_none(self):
        before = listing(self.site.directory)
        checked = self.site.play("site.yml", "--check", "--diff")
        self.assertTrue(checked.ok, checked.messages or checked.output)
        self.assertIn("machine: standin_programs : Install the daemons", checked.changed)
        self.assertIn("store: standin_agent : Write the configuration", checked.changed)
        self.assertIn("store: standin_agent : Have the agent run with what it has to read now", checked.changed)
        self.assertIn("coordinator: standin_coordinator : Write the secrets", checked.changed)
        self.assertEqual(listing(self.site.directory), before)
        type(self).announced = checked.tasks()

    def test_2_site_yml_sets_everything_up_and_does_what_the_check_announced(self):
        made = self.site.play("site.yml")
        self.assertTrue(made.ok, made.messages or made.output)
        self.assertEqual(made.tasks(), self.announced)
        self.assertEqual((self.site.directory / "etc/secrets/bmc").stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.site.directory / "etc/tls/store/tls.key").stat().st_mode & 0o777, 0o600)
        self.assertNotIn("a secret of the tests", made.output)
        self.assertNotIn("of-the-tests", made.output)

    def test_3_a_second_run_changes_nothing(self):
        agent = self.site.pid("standin-agent")
        again = self.site.play("site.yml")
        self.assertTrue(again.ok, again.messages or again.output)
        self.assertEqual(again.changed, [])
        self.assertEqual(self.site.pid("standin-agent"), agent)

    def test_3_a_check_of_a_converged_host_tells_of_no_change(self):
        checked = self.site.play("site.yml", "--check", "--diff")
        self.assertTrue(checked.ok, checked.messages or checked.output)
        self.assertEqual(checked.changed, [])

    def test_4_a_change_of_the_configuration_restarts_its_service_only(self):
        agent, coordinator = self.site.pid("standin-agent"), self.site.pid("standin-coordinator")
        change = {"standin_agent_commanders": ["coordinator", "somebody"]}
        checked, made = self.site.play("site.yml", "--check", extra=change), self.site.play("site.yml", extra=change)
        self.assertTrue(made.ok, made.messages or made.output)
        self.assertEqual(made.changed, checked.changed)
        self.assertEqual([line for line in made.changed if not line.startswith("store: ")], [])
        self.assertNotEqual(self.site.pid("standin-agent"), agent)
        self.assertEqual(self.site.pid("standin-coordinator"), coordinator)

    def test_4_a_wrong_configuration_does_not_land(self):
        configuration = self.site.directory / "etc/store.yml"
        before, agent = configuration.read_text(), self.site.pid("standin-agent")
        refused = self.site.play("site.yml", "--limit", "store",
                                 extra={"standin_agent_image_store": {
                                     "images_dir": "relative", "block_size": "64KiB",
                                     "disks": {disk: {"path": f"{self.site.directory}/disks/{disk}.raw"} for disk in ("server01", "spare01")}}})
        self.assertFalse(refused.ok)
        self.assertIn("must be an absolute path", refused.messages)
        self.assertEqual(configuration.read_text(), before)
        self.assertEqual(self.site.pid("standin-agent"), agent)

    def test_4_wrong_trap_rules_do_not_land(self):
        rules = self.site.directory / "rules.yml"
        rules.write_text("rules: [{name: a, reason: b, oidz: [1.3], verdict: ignored}]\n")
        before = (self.site.directory / "etc/trap_rules.yml").read_text()
        refused = self.site.play("site.yml", "--limit", "coordinator", extra={"standin_coordinator_trap_rules": str(rules)})
        self.assertFalse(refused.ok)
        self.assertIn("oidz", refused.messages)
        self.assertEqual((self.site.directory / "etc/trap_rules.yml").read_text(), before)

    def shown_certificate(self, port):
        """What the server at that port shows, as PEM."""
        tls = self.site.directory / "etc/tls/operator"
        context = ssl.create_default_context(cafile=str(tls / "ca.crt"))
        context.load_cert_chain(str(tls / "tls.crt"), str(tls / "tls.key"))
        with socket.create_connection((self.site.address, port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=self.site.address) as secure:
                return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True))

    def test_4_a_certificate_that_ends_soon_is_renewed_and_taken_up_without_a_restart(self):
        agent = self.site.pid("standin-agent")
        before = (self.site.directory / "etc/tls/store/tls.crt").read_text()
        made = self.site.play("site.yml", "--limit", "store",
                              extra={"standin_certificates_renew_before_days": 398, "standin_certificates_valid_days": 400})
        self.assertTrue(made.ok, made.messages or made.output)
        after = (self.site.directory / "etc/tls/store/tls.crt").read_text()
        self.assertNotEqual(after, before)
        self.assertEqual(self.site.pid("standin-agent"), agent)
        self.assertIn("".join(self.shown_certificate(8441).split()), "".join(after.split()))

    def test_4_a_revocation_list_reaches_the_agent_which_refuses_what_it_names(self):
        openssl = ["openssl", "ca", "-config", str(self.site.directory / "ca.cnf")]
        (self.site.directory / "index.txt").write_text("")
        (self.site.directory / "ca.cnf").write_text(CA.replace("DIRECTORY", str(self.site.directory)))
        subprocess.run([*openssl, "-revoke", str(self.site.directory / "etc/tls/operator/tls.crt")], check=True, capture_output=True)
        crl = self.site.directory / "list.pem"
        subprocess.run([*openssl, "-gencrl", "-crldays", "20", "-out", str(crl)], check=True, capture_output=True)
        made = self.site.play("site.yml", "--limit", "store", extra={"standin_certificates_crl": str(crl)})
        self.assertTrue(made.ok, made.messages or made.output)
        with self.assertRaises((ssl.SSLError, ConnectionError, urllib.error.URLError)):
            self.answer(8441, "/v1/health", "operator")
        self.assertEqual(self.answer(8441, "/v1/epoch", "coordinator")[0], 200)
        made = self.site.play("site.yml", "--limit", "store")  # without a list again
        self.assertTrue(made.ok, made.messages or made.output)
        self.assertEqual(self.answer(8441, "/v1/epoch", "operator")[0], 200)

    def test_4_a_restart_is_not_lost_when_a_later_task_fails(self):
        self.assertTrue(self.site.play("site.yml", "--limit", "store").ok)  # what earlier cases have left
        agent = self.site.pid("standin-agent")
        marker = self.site.directory / "state/store/started_with"
        kept = marker.read_text()
        marker.write_text(json.dumps(json.loads(kept) | {"reads": "of an earlier configuration"}))  # as after a run that wrote it and then failed
        made = self.site.play("site.yml", "--limit", "store")
        self.assertTrue(made.ok, made.messages or made.output)
        self.assertEqual(made.changed, ["store: standin_agent : Have the agent run with what it has to read now",
                                        "store: standin_agent : Remember what it has started well with"])
        self.assertNotEqual(self.site.pid("standin-agent"), agent)
        self.assertEqual(marker.read_text(), kept)

    def test_5_nobody_without_a_certificate_is_answered(self):
        context = ssl.create_default_context(cafile=str(self.site.directory / "etc/tls/store/ca.crt"))
        with socket.create_connection((self.site.address, 8441), timeout=10) as plain:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with context.wrap_socket(plain, server_hostname=self.site.address) as secure:
                    secure.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
                    if not secure.recv(1):
                        raise ConnectionError("closed without an answer")

    def answer(self, port, path, who):
        """Status and text of a request with somebody's certificate."""
        tls = self.site.directory / "etc/tls" / who
        context = ssl.create_default_context(cafile=str(tls / "ca.crt"))
        context.load_cert_chain(str(tls / "tls.crt"), str(tls / "tls.key"))
        try:
            with urllib.request.urlopen(f"https://{self.site.address}:{port}{path}", context=context, timeout=10) as told:
                return told.status, told.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def test_5_roles_reach_coordinator_and_agents(self):
        self.assertEqual(self.answer(8440, "/v1/servers", "operator")[0], 200)
        for nobody in ("store", "coordinator"):
            status, text = self.answer(8440, "/v1/servers", nobody)
            self.assertEqual(status, 403)
            self.assertIn("coordinator.roles.viewers", text)
        status, text = self.answer(8441, "/v1/images/a/content", "operator")
        self.assertEqual(status, 403)
        self.assertIn("agent.readers", text)
        self.assertEqual(self.answer(8441, "/v1/images/a/content", "coordinator")[0], 404)

    def test_6_health_yml_tells_what_is_wrong_and_the_cure(self):
        os.kill(self.site.pid("standin-agent"), signal.SIGKILL)
        sick = self.site.play("health.yml")
        self.assertFalse(sick.ok)
        self.assertIn("store", sick.messages)
        self.assertIn("no answer", sick.output)
        self.assertIn("--limit store", sick.output)
        self.assertEqual(sick.changed, [])

    def test_7_site_yml_starts_what_died(self):
        made = self.site.play("site.yml", "--limit", "store")
        self.assertTrue(made.ok, made.messages or made.output)
        self.assertIn("store: standin_agent : Have the agent run with what it has to read now", made.changed)


class Refusals(unittest.TestCase):
    """Arguments that cannot be meant are refused before anything is touched."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.take_down)

    def refused(self, words, extra, limit="all"):
        before = listing(self.site.directory / "etc") if (self.site.directory / "etc").exists() else {}
        outcome = self.site.play("site.yml", "--check", "--limit", limit, extra=extra)
        self.assertFalse(outcome.ok)
        self.assertIn(words, outcome.messages)
        after = listing(self.site.directory / "etc") if (self.site.directory / "etc").exists() else {}
        self.assertEqual(after, before)

    def test_an_agent_without_a_capability(self):
        self.refused("at least one capability", {"standin_agent_image_store": {}}, "store")

    def test_an_agent_with_an_unknown_key(self):
        self.refused("standin_agent_image_store.imagez of host 'store' is not known; did you mean images_dir?",
                     {"standin_agent_image_store": {"images_dir": "/x", "imagez": 1}}, "store")

    def test_an_unknown_service_manager(self):
        self.refused("value of standin_agent_service_manager must be one of", {"standin_agent_service_manager": "upstart"}, "store")

    def test_a_coordinator_that_would_believe_no_trap(self):
        self.refused("no trap would be believed", {"standin_coordinator_trap_communities": []}, "coordinator")

    def test_a_coordinator_with_nobody_to_protect(self):
        self.refused("at least one server to protect", {"standin_coordinator_servers": {}}, "coordinator")

    def test_a_coordinator_that_nobody_may_command(self):
        self.refused("must name at least one certificate", {"standin_coordinator_operators": []}, "coordinator")

    def test_an_agent_with_a_role_at_the_coordinator(self):
        self.refused("no agent may have a role at the coordinator", {"standin_coordinator_viewers": ["store"]}, "coordinator")

    def test_a_secret_that_comes_from_two_places(self):
        self.refused("needs either content or src", {"standin_coordinator_secrets": [{"name": "a", "content": "b", "src": "c"}]}, "coordinator")

    def test_a_certificate_with_a_name_of_no_kind(self):
        self.refused("must each begin with", {"standin_certificates_names": ["10.0.0.1"]}, "store")

    def test_programs_that_were_not_built(self):
        self.refused("build first", {"standin_programs_build_dir": "/nowhere"}, "machine")


class Guarded(unittest.TestCase):
    """The small site with a stranger in the place of its agent and coordinator, who says what a case makes it say; its process seems to run."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.take_down)
        tls, directory = cls.site.directory / "etc/tls/store", cls.site.directory
        tls.mkdir(parents=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=store", "-addext", f"subjectAltName=IP:{cls.site.address}",
                        "-keyout", tls / "tls.key", "-out", tls / "tls.crt"], check=True, capture_output=True)
        shutil.copy(tls / "tls.crt", tls / "ca.crt")
        shutil.copytree(tls, directory / "etc/tls/operator")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "tls.crt", tls / "tls.key")
        cls.answers = {}

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                code, answer = cls.answers.get(self.path.partition("?")[0], (404, {}))
                body = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        cls.server = http.server.ThreadingHTTPServer((cls.site.address, 0), Answers)
        cls.server.socket = context.wrap_socket(cls.server.socket, server_side=True)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.listen = f"{cls.site.address}:{cls.server.server_port}"
        (directory / "etc/store.yml").write_text(f"agent:\n  name: store\n  listen: {cls.listen}\n")
        for place in ("run", "state/store", "state/coordinator"):
            (directory / place).mkdir(parents=True)
        for service in ("standin-agent", "standin-coordinator"):
            shutil.copy("/bin/sleep", directory / service)
            process = subprocess.Popen([directory / service, "600"])
            cls.addClassCleanup(process.wait)
            cls.addClassCleanup(process.kill)
            (directory / "run" / f"{service}.pid").write_text(f"{process.pid}\n")

    def play(self, limit="store", extra=None, **answers):
        type(self).answers = {"/v1/" + path.replace("_", "-"): answer for path, answer in answers.items()}
        return self.site.play("site.yml", "--check", "--limit", limit, extra=extra)

    def refused(self, words, outcome):
        self.assertFalse(outcome.ok)
        self.assertIn(words, outcome.messages)


class AHolderThatHolds(Guarded):
    """A request holder is not restarted while it holds requests, nor while it cannot say."""

    HOLDER = {"standin_agent_request_holder": {"jobs": {"job01": {
        "front": {"interface": "rt-f0", "address": "10.99.1.10/24"}, "back": {"interface": "rt-b0", "address": "10.99.1.11/24"}, "ports": [8080]}}}}

    def holds(self, code=200, **job):
        return self.play(extra=self.HOLDER, jobs=(code, [{"job": "job01", "state": "idle", "held": 0, "proxied": 0} | job]))

    def test_that_holds(self):
        self.refused("which would be lost", self.holds(state="holding", held=3))

    def test_that_releases(self):
        self.refused("which would be lost", self.holds(state="releasing"))

    def test_that_leads_connections_through_itself(self):
        self.refused("requests of job01, which would be lost", self.holds(proxied=1))

    def test_that_cannot_say(self):
        self.refused("whether it holds requests could not be found out", self.holds(code=500))

    def test_that_is_idle_is_not_refused(self):
        outcome = self.holds()
        self.assertTrue(outcome.ok, outcome.messages)
        self.assertIn("store: standin_agent : Have the agent run with what it has to read now", outcome.changed)


class AFailoverThatIsOpen(Guarded):
    """Nothing is restarted while a failover is open, or nobody knows; and no machine is forgotten that the coordinator needs."""

    FAILOVER = {"id": 3, "kind": "failover", "server": "server01", "spare": "spare01", "state": "TakingOver", "outcome": None, "open": True}
    ROW = {"server": "server09", "spare": "spare01", "image": "a", "standin_ready": True, "stale": False}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.site.directory / "state/coordinator/journal.db").write_text("")

    def asked(self, operations, limit="store", rows=(), **extra):
        listed = (operations, {}) if isinstance(operations, int) else (200, {"operations": operations})
        return self.play(limit, extra={"standin_coordinator_listen": self.listen, "standin_certificates_names": [f"IP:{self.site.address}"]} | extra,
                         operations=listed, servers=(200, {"servers": []}), spares=(200, {"spares": []}), spare_table=(200, {"spare_table": list(rows)}))

    def test_1_refuses_a_restart_with_its_number_and_the_way_around(self):
        outcome = self.asked([self.FAILOVER])
        self.refused("failover 3 of server server01 is open (TakingOver)", outcome)
        self.assertIn("standin_restart_guard_anyway=true", outcome.messages)

    def test_2_is_unknown_where_the_coordinator_does_not_say(self):
        self.refused("whether a failover is open could not be found out", self.asked(500))

    def test_3_that_is_closed_or_is_gone_around_refuses_nothing(self):
        outcome = self.asked([self.FAILOVER | {"outcome": "closed", "open": False}])
        self.assertTrue(outcome.ok, outcome.messages)
        outcome = self.asked([self.FAILOVER], standin_restart_guard_anyway=True)
        self.assertTrue(outcome.ok, outcome.messages)

    def test_4_a_server_with_a_row_is_not_forgotten(self):
        outcome = self.asked([], "coordinator", rows=[self.ROW])
        self.refused("server 'server09' has a row in the spare table (spare spare01), and is missing from the inventory", outcome)
        self.assertEqual(outcome.changed, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
