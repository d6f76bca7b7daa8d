"""The modules, filters and the inventory plug-in by themselves, against a coordinator whose answers are written here."""

import datetime
import http.server
import importlib.util
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from pathlib import Path

import yaml

PLUGINS = Path(__file__).resolve().parents[2] / "playbooks/plugins"


def load(place, name=None):
    spec = importlib.util.spec_from_file_location(name or Path(place).stem, PLUGINS / place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


client = load("module_utils/standin_client.py", "ansible.module_utils.standin_client")
spare, operation, image, service, info = (load(f"modules/standin_{name}.py") for name in ("spare", "operation", "image", "service", "info"))
life = load("filter/standin_life.py")
live = load("inventory/standin_site.py", "standin_site_inventory")

ROW = {"server": "server01", "spare": "spare01", "image": "image-1", "standin_ready": True, "stale": False}


class Scripted:
    """Answers as it was told, and keeps what it was asked; a dry run never reaches the commands."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def ask(self, method, path, body=None, dry_run=False):
        self.asked.append((method, path, body, dry_run))
        answer = self.answers["dry_run" if dry_run else method]
        if isinstance(answer, Exception):
            raise answer
        return 200, answer

    def get(self, path):
        return self.answers[path]

    def operation(self, number):
        return self.answers[f"/v1/operations/{number}"]

    def commands(self):
        return [each[:3] for each in self.asked if not each[3]]


def params(**more):
    return {"server": "server01", "spare": "spare01", "image": None, "state": "present", "id": None, "kind": None, "cause": "",
            "discard_data": False, "younger_than_hours": 0} | more


class Spare(unittest.TestCase):
    def test_check_mode_asks_the_coordinator_and_commands_nothing(self):
        scripted = Scripted(**{"/v1/spare-table": {"spare_table": []}, "dry_run": {"changes": True}})
        changed, before, after, number = spare.apply(scripted, params(), True)
        self.assertEqual((changed, before, number), (True, {}, None))
        self.assertEqual(after["spare"], "spare01")
        self.assertEqual(scripted.commands(), [])

    def test_what_the_coordinator_refuses_is_refused_in_check_mode_too(self):
        refusal = client.Refused("spare 'spare01' cannot be set: set as spare of server 'server02'", 409)
        scripted = Scripted(**{"/v1/spare-table": {"spare_table": []}, "dry_run": refusal})
        for check_mode in (True, False):
            with self.assertRaisesRegex(client.Refused, "set as spare of server 'server02'"):
                spare.apply(scripted, params(), check_mode)
        self.assertEqual(scripted.commands(), [])

    def test_a_row_that_is_so_is_no_change(self):
        scripted = Scripted(**{"/v1/spare-table": {"spare_table": [ROW]}, "dry_run": {"changes": False}, "PUT": ROW})
        changed, before, after, number = spare.apply(scripted, params(), False)
        self.assertEqual((changed, before, number), (False, after, None))

    def test_a_row_is_removed_once(self):
        scripted = Scripted(**{"/v1/spare-table": {"spare_table": [ROW]}, "dry_run": {"changes": True}, "DELETE": {"operation": 7}})
        self.assertEqual(spare.apply(scripted, params(state="absent"), False), (True, spare.shown(ROW), {}, 7))
        scripted = Scripted(**{"/v1/spare-table": {"spare_table": []}, "dry_run": {"changes": False}})
        self.assertEqual(spare.apply(scripted, params(state="absent"), False), (False, {}, {}, None))
        self.assertEqual(scripted.commands(), [])


class Operation(unittest.TestCase):
    def test_begins_what_it_is_told(self):
        scripted = Scripted(POST={"id": 3})
        self.assertEqual(operation.carry_out(scripted, params(state="begun", kind="failover", cause="a fan"), False), ({"changed": True}, 3))
        self.assertEqual(scripted.commands(), [("POST", "/v1/operations", {"kind": "failover", "server": "server01", "cause": "a fan"})])

    def test_a_closed_one_is_not_closed_again(self):
        scripted = Scripted(**{"/v1/operations/3": {"outcome": "closed"}})
        self.assertEqual(operation.carry_out(scripted, params(state="closed", id=3), False), ({"changed": False}, 3))
        self.assertEqual(scripted.asked, [])

    def test_in_check_mode_only_asks(self):
        scripted = Scripted(dry_run={"changes": True}, **{"/v1/operations/3": {"outcome": "succeeded"}})
        for state in ("retried", "closed", "fence_confirmed"):
            self.assertEqual(operation.carry_out(scripted, params(state=state, id=3), True), ({"changed": True}, None))
        self.assertEqual(scripted.commands(), [])

    def test_its_end_is_said_with_reason_and_cure(self):
        self.assertEqual(client.sentence_of({"kind": "failover", "id": 3, "server": "server01", "outcome": "needs_operator", "why": "no spare", "cure": "free one"}),
                         "failover 3 of server 'server01' needs the operator: no spare; free one")


class Image(unittest.TestCase):
    NOW = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.timezone.utc)
    IMAGES = [{"id": "a", "disk": "server01", "state": "ready", "created_at": "2026-12-01T03:00:00.000Z"},
              {"id": "b", "disk": "server02", "state": "writing", "created_at": "2026-12-01T11:59:00.000Z"}]

    def test_an_image_is_fresh_within_its_hours(self):
        self.assertTrue(image.is_fresh(self.IMAGES, "server01", 10, self.NOW))
        self.assertFalse(image.is_fresh(self.IMAGES, "server01", 8, self.NOW))
        self.assertFalse(image.is_fresh(self.IMAGES, "server01", 0, self.NOW))
        self.assertFalse(image.is_fresh(self.IMAGES, "server02", 10, self.NOW))

    def test_a_server_with_a_row_is_refreshed_and_another_backed_up(self):
        for row, kind in ((ROW, "refresh"), (None, "backup")):
            scripted = Scripted(POST={"id": 4}, **{"/v1/servers/server01": {"disk": "server01", "spare_table": row}})
            self.assertEqual(image.capture(scripted, params(), False), {"changed": True, "operation": 4})
            self.assertEqual(scripted.commands()[0][2]["kind"], kind)

    def test_a_used_image_is_not_deleted_in_check_mode_either(self):
        scripted = Scripted(**{"/v1/images": {"images": [{"id": "a", "used_by": ["server server01"]}]}})
        for check_mode in (True, False):
            with self.assertRaisesRegex(client.Refused, "is used by server server01"):
                image.remove(scripted, params(image="a"), check_mode)


class Service(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="standin-service-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def module(self, marker, check_mode=False):
        return types.SimpleNamespace(params={"daemon": {"marker": str(marker)}}, check_mode=check_mode)

    def test_what_is_due_follows_from_the_last_good_start(self):
        now = {"reads": "a", "rereads": "b"}
        for runs, before, to_change, to_reread, what in (
                (False, now, False, False, "start"), (True, now, False, False, "nothing"), (True, {}, False, False, "restart"),
                (True, now | {"reads": "x"}, False, False, "restart"), (True, now | {"rereads": "x"}, False, False, "reload"),
                (True, now, True, True, "restart"), (True, now, False, True, "reload")):
            self.assertEqual(service.due(runs, now, before, to_change, to_reread), what, (runs, before, to_change, to_reread))

    def test_a_digest_changes_with_content_mode_and_presence(self):
        secrets = self.directory / "secrets"
        secrets.mkdir()
        seen = {service.digest_of([str(secrets)])}
        (secrets / "bmc").write_text("a")
        seen.add(service.digest_of([str(secrets)]))
        (secrets / "bmc").write_text("b")
        seen.add(service.digest_of([str(secrets)]))
        (secrets / "bmc").chmod(0o600)
        seen.add(service.digest_of([str(secrets)]))
        self.assertEqual(len(seen), 4)
        self.assertEqual(service.digest_of([str(self.directory / "none")]), service.digest_of([str(self.directory / "none")]))

    def test_the_digests_are_kept_once_and_not_in_check_mode(self):
        marker, now = self.directory / "state/started_with", {"reads": "a", "rereads": "b"}
        self.assertTrue(service.keep(self.module(marker, True), now))
        self.assertFalse(marker.exists())
        self.assertTrue(service.keep(self.module(marker), now))
        self.assertFalse(service.keep(self.module(marker), now))
        self.assertEqual(service.kept(marker), now)
        self.assertEqual(marker.stat().st_mode & 0o777, 0o600)

    def test_a_marker_that_is_damaged_counts_as_none(self):
        marker = self.directory / "started_with"
        for damaged in ("", "{", "[]", "\0"):
            marker.write_text(damaged)
            self.assertEqual(service.kept(marker), {})


class Forgotten(unittest.TestCase):
    SERVER = {"name": "server01", "runs_on": {"on": "server"}}

    def said(self, its_servers=("server01",), its_spares=("spare01",), /, **known):
        known = {"answered": True, "servers": [self.SERVER], "spares": [{"name": "spare01", "lease": {"reason": "set as spare"}}],
                 "spare_table": [ROW], "operations": []} | known
        return life.standin_forgotten(known, dict.fromkeys(its_servers), dict.fromkeys(its_spares))

    def test_nothing_is_said_while_all_are_there(self):
        self.assertEqual(self.said(), [])

    def test_a_row_names_server_and_spare_with_the_cure(self):
        line, = self.said(())
        self.assertIn("server 'server01' has a row in the spare table (spare spare01), and is missing from the inventory", line)
        self.assertIn("playbooks/remove.yml -e standin_remove=server01", line)
        line, = self.said(("server01",), ())
        self.assertIn("spare 'spare01' is the spare of server server01", line)

    def test_an_open_operation_and_a_job_elsewhere_hold_their_machines(self):
        going_on = {"kind": "failover", "id": 3, "server": "server01", "spare": "spare01", "state": "TakingOver", "outcome": None, "open": True}
        self.assertEqual(len(self.said((), (), spare_table=[], spares=[], operations=[going_on])), 2)
        self.assertEqual(self.said((), (), spare_table=[], spares=[], operations=[going_on | {"outcome": "closed", "open": False}]), [])
        line, = life.standin_forgotten({"answered": True, "servers": [self.SERVER | {"runs_on": {"on": "stand_in"}}]}, {}, {})
        self.assertIn("has its job on a stand-in", line)

    def test_nobody_knows_while_the_coordinator_is_silent(self):
        known = {"answered": False, "message": "refused", "configured": {"servers": {"server01": {}, "server02": {}}, "spares": {}}}
        line, = life.standin_forgotten(known, {"server01": {}}, {})
        self.assertIn("server 'server02' is configured, and whether it is needed could not be found out (refused)", line)


class Health(unittest.TestCase):
    WELL = {"agent": "x", "ok": True, "checks": [{"name": "clock", "ok": True, "detail": "", "cure": ""}], "warnings": ["its certificate ends in 9 days"]}

    def rows(self, **hosts):
        return {row["part"]: row for row in life.standin_health_rows(hosts, list(hosts))}

    def test_a_host_that_is_agent_and_coordinator_has_two_rows(self):
        answer = {"answered": True, "health": self.WELL, "servers": []}
        rows = self.rows(both={"__standin_health_agent": answer, "__standin_health_coordinator": answer})
        self.assertEqual(list(rows), ["both", "both (coordinator)"])
        self.assertEqual(rows["both"]["warnings"], ["its certificate ends in 9 days"])
        self.assertTrue(all(row["ok"] for row in rows.values()))

    def test_no_answer_and_a_host_that_was_not_reached_are_not_well(self):
        rows = self.rows(store={"__standin_health_agent": {"answered": False, "message": "does not answer"},
                                "__standin_health_coordinator": {"skipped": True}}, gone={})
        self.assertEqual([row["ok"] for row in rows.values()], [False, False])
        self.assertIn("--limit gone", rows["gone"]["problems"][0]["cure"])

    def test_warnings_name_unready_rows_old_images_and_deaf_servers(self):
        server = {"name": "server01", "spare_table": None, "maintenance": True, "maintenance_why": "a fan", "image_age_s": 29 * 86400,
                  "image_age_limit_s": 30 * 86400, "job_answers": False, "job_silent_since": "2026-12-01T12:00:00Z", "degraded": [{"reason": "a fan is slow"}]}
        rows = self.rows(one={"__standin_health_coordinator": {"answered": True, "health": self.WELL, "servers": [server]}})
        text = "\n".join(rows["one (coordinator)"]["warnings"])
        for words in ("has no ready stand-in", "is in maintenance", "is 29 days old", "does not answer since", "a fan is slow", "certificate ends"):
            self.assertIn(words, text)

    def test_a_coordinator_that_is_not_well_says_what_and_the_cure(self):
        health = self.WELL | {"ok": False, "checks": [{"name": "agent store1", "ok": False, "detail": "deaf", "cure": "start it"}]}
        self.assertEqual(info.failed_checks(health), "agent store1: deaf -> start it")


class LiveInventory(unittest.TestCase):
    def test_groups_follow_from_what_executes_the_job(self):
        server = {"runs_on": {"on": "server"}, "spare_table": ROW, "maintenance": False}
        self.assertEqual(live.groups_of(server), ["on_server"])
        self.assertEqual(live.groups_of(server | {"spare_table": None}), ["on_server", "unprotected"])
        self.assertEqual(live.groups_of(server | {"spare_table": ROW | {"stale": True}}), ["on_server", "unprotected"])
        self.assertEqual(live.groups_of(server | {"runs_on": {"on": "stand_in"}}), ["on_stand_in", "unprotected"])
        self.assertEqual(live.groups_of(server | {"runs_on": {"on": "spare"}, "maintenance": True}), ["on_spare", "unprotected", "in_maintenance"])


class OverTls(unittest.TestCase):
    """The client, a module and the inventory plug-in against a server that speaks HTTPS."""

    @classmethod
    def setUpClass(cls):
        cls.directory = Path(tempfile.mkdtemp(prefix="standin-client-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=x",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", cls.directory / "tls.key", "-out", cls.directory / "tls.crt"],
                       check=True, capture_output=True)
        shutil.copy(cls.directory / "tls.crt", cls.directory / "ca.crt")
        cls.answers = {}

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answer = cls.answers.get(self.path, (404, {"code": "not_found", "message": f"there is no {self.path}"}))
                code, body = answer if isinstance(answer, tuple) else answer.pop(0) if len(answer) > 1 else answer[0]
                text = body if isinstance(body, str) else json.dumps(body)
                self.send_response(code)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *words):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.directory / "tls.crt", cls.directory / "tls.key")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.url = f"https://127.0.0.1:{server.server_port}"

    def client(self):
        return client.Client(self.url, str(self.directory), 10)

    def test_the_coordinators_own_sentence_is_said(self):
        with self.assertRaisesRegex(client.Refused, "^there is no /v1/servers/x$"):
            self.client().get("/v1/servers/x")

    def test_a_health_that_is_not_well_is_an_answer_and_a_silent_part_a_refusal(self):
        self.answers["/v1/health"] = (503, {"ok": False, "checks": []})
        self.assertEqual(self.client().get("/v1/health"), {"ok": False, "checks": []})
        self.answers["/v1/health"] = (503, "<html>")
        with self.assertRaisesRegex(client.Refused, "was answered with status 503"):
            self.client().get("/v1/health")
        with self.assertRaisesRegex(client.Refused, "does not answer"):
            client.Client("https://127.0.0.1:1", str(self.directory), 10).get("/v1/health")
        with self.assertRaisesRegex(client.Refused, "the certificate in /nowhere cannot be used"):
            client.Client(self.url, "/nowhere", 10)

    def test_an_operation_is_shown_as_it_goes_and_its_end_is_the_tasks(self):
        def now(outcome, *ended):
            steps = [{"name": name, "subject": None, "end": "now", "outcome": "done", "message": None, "since_failure_ms": 1500} for name in ended]
            return 200, {"id": 3, "kind": "failover", "server": "server01", "outcome": outcome, "why": "no spare", "cure": "free one", "steps": steps}

        playbook = self.directory / "wait.yml"
        playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [
            {"name": "Wait", "standin_operation": {"url": self.url, "tls_dir": str(self.directory), "state": "ended", "id": 3, "wait_s": 60}}]}]))
        for outcome, code in (("succeeded", 0), ("needs_operator", 2)):
            self.answers["/v1/operations/3"] = [now(None), now(None, "FencePort"), now(outcome, "FencePort", "ResumeStandIn")]
            done = subprocess.run(["ansible-playbook", "-i", "localhost,", "-c", "local", str(playbook)], capture_output=True, text=True, check=False,
                                  env=dict(os.environ, ANSIBLE_CONFIG=str(PLUGINS.parents[1] / "ansible.cfg")))
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertLess(done.stdout.index("failover 3 of server01: FencePort done"), done.stdout.index("failover 3 of server01: ResumeStandIn done"))
        self.assertIn("needs the operator: no spare; free one", done.stdout)

    def test_the_live_inventory_is_read_by_ansible(self):
        self.answers["/v1/servers"] = (200, {"servers": [{"name": "srv01", "runs_on": {"on": "stand_in"}, "spare_table": ROW, "maintenance": False}]})
        now = self.directory / "now.standin.yml"
        for url, strict, expected in ((self.url, True, {"on_stand_in": ["srv01"], "unprotected": ["srv01"]}), ("https://127.0.0.1:1", False, {})):
            now.write_text(yaml.safe_dump({"plugin": "standin_site", "url": url, "tls_dir": str(self.directory), "strict": strict}))
            done = subprocess.run(["ansible-inventory", "-i", str(now), "--list"], capture_output=True, text=True, check=False,
                                  env=dict(os.environ, ANSIBLE_CONFIG=str(PLUGINS.parents[1] / "ansible.cfg")))
            self.assertEqual(done.returncode, 0, done.stderr)
            groups = json.loads(done.stdout)
            self.assertEqual({name: groups[name]["hosts"] for name in groups if name.startswith(("on_", "unprotected")) and groups[name].get("hosts")}, expected)


if __name__ == "__main__":
    unittest.main(verbosity=2)
