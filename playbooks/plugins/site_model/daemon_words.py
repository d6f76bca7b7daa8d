"""Has a daemon check a rendered configuration on this machine, and says what it found in the inventory's words."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from . import keys
from .variables import ROLES

# What only the daemon's own host can answer.
_ITS_HOSTS = re.compile(r"there is no (program|fence agent) '|fence agent '.*' can't be run|does not describe itself as a fence agent")
_FENCE_AGENTS = Path("/usr/sbin")
_LINE = re.compile(r"[^:]+:[0-9]+:[0-9]+: (?:([^:\s]+): )?(.*)")


def findings(rendered, program, rules):
    """[(key path, what)] that the program finds in a configuration; secrets that it names are made up for it."""
    with tempfile.TemporaryDirectory(prefix="standin-preflight-") as directory:
        described = DescribedAgents(directory)
        text = re.sub(r"(?m)^(\s*(?:- )?[a-z_]*(?:password|communities|authentication|privacy)_file: ).*$", rf"\g<1>{directory}/secret", rendered)
        text = re.sub(r"(?m)^(\s*rules_file: ).*$", rf"\g<1>{rules}", text)
        text = re.sub(r"(?m)^(\s*(?:- )?agent: )([a-z][a-z0-9_]*)$", lambda line: line[1] + described.of(line[2]), text)
        secret = Path(directory) / "secret"
        secret.write_text("made-up-secret\n")
        secret.chmod(0o600)
        configuration = Path(directory) / "configuration.yml"
        configuration.write_text(text)
        done = subprocess.run([program, "--check-config", configuration], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            return []
        said = (done.stderr + done.stdout).replace(f"{directory}/fence_", "fence_")
        lines = [line for line in said.splitlines() if line.strip() and not _ITS_HOSTS.search(line)]
        found = [_LINE.fullmatch(line) for line in lines]
        return [(match[1] or "", match[2]) if match else ("", line.replace(str(configuration), "the configuration"))
                for match, line in zip(found, lines)]


class DescribedAgents:
    """The daemon asks the fence agent of each machine to describe itself, a third of a second each: here each kind is asked once."""

    def __init__(self, directory):
        self._directory, self._places = Path(directory), {}

    def of(self, agent):
        if agent not in self._places:
            self._places[agent] = self._describe(agent)
        return self._places[agent]

    def _describe(self, agent):
        program = _FENCE_AGENTS / agent
        if not os.access(program, os.X_OK):
            return agent
        done = subprocess.run([program], input="action=metadata\n", capture_output=True, text=True, timeout=30, check=False)
        words, place = self._directory / f"{agent}.xml", self._directory / agent
        words.write_text(done.stdout)
        place.write_text(f"#!/bin/sh\nread -r _\nexec cat {words}\n")
        place.chmod(0o700)
        return str(place)


def program_of(candidates):
    return next((each for each in candidates if os.access(each, os.X_OK)), None)


def rules_of(said, playbook_dir):
    """Where the role would find its trap rules."""
    places = (Path(said), Path(playbook_dir) / "files" / said, Path(playbook_dir) / said, ROLES / "standin_coordinator/files" / said)
    return next((str(place) for place in places if place.is_absolute() and place.is_file()), str(places[-1]))


def said(path, what):
    """The daemon's words with the key that they are about, below a machine's name."""
    key = path.split(".", 2)[-1] if path.startswith(("servers.", "spares.")) else path
    return f"{key}: {what}" if key else what


def where(model, host, path, what=""):
    """(host, variable) of the inventory that a key of a rendered configuration comes from."""
    site, words = model.site, path.replace("[", ".").split(".")
    section, name, key = (words + ["", "", ""])[:3]
    if section in ("", "rules"):
        return host, "standin_coordinator_trap_rules" if host in site.coordinators else "standin_agent_*"
    if section in ("servers", "spares"):
        table = f"standin_coordinator_{section}"
        explicit = site.says(host, table) or name not in (*site.servers, *site.spares)
        return (host, f"{table}.{path.partition('.')[2]}".rstrip(".")) if explicit else (name, _of_machine(key, words[3:] + (["options"] if "option" in what else [])))
    if section == "traps" and name == "users" and not site.says(host, "standin_coordinator_trap_users"):
        return next((server for server in site.servers if site.said(server, "standin_trap_user")), host), "standin_trap_user"
    if section == "traps" and name == "communities" and not site.says(host, "standin_coordinator_server_communities"):
        return next((server for server in site.servers if site.says(server, "standin_trap_community")), host), "standin_trap_community"
    if section == "traps":
        return host, {"allow_unauthenticated_traps": "standin_coordinator_allow_unauthenticated_traps",
                      "communities": "standin_coordinator_server_communities", "trap_forwarders": "standin_coordinator_trap_forwarders",
                      "test_every": "standin_coordinator_trap_test_every", "test_within": "standin_coordinator_trap_test_within",
                      "listen": "standin_coordinator_traps_listen", "users": "standin_coordinator_trap_users",
                      "rules_file": "standin_coordinator_trap_rules"}.get(name, "standin_coordinator_trap_communities")
    if section == "coordinator":
        return host, f"standin_coordinator_{key if name == 'roles' else name}"
    if section == "notify":
        return host, "standin_coordinator_notify_command"
    if section == "brake":
        return host, "standin_coordinator_brake"
    if section == "agents":
        return next((agent for agent in site.agents if model.agent_name(agent) == name), host), "standin_agent_listen"
    if section == "agent":
        return host, f"standin_agent_{name}"
    return _of_capability(model, host, section, words)


def _of_machine(key, deeper):
    if key in ("fence", "power"):
        inner = deeper[0] if deeper else ""
        return {"policy": "standin_fence_policy", "within": "standin_power_within"}.get(inner, "standin_bmc_options" if "options" in deeper else "standin_bmc_agent")
    if key == "holder_ports":
        return "standin_holder_back" if deeper[:1] == ["back"] else "standin_holder_front"
    return {"address": "standin_address", "trap_sources": "standin_trap_sources"}.get(key, f"standin_{key}" if key else "standin_port")


def _of_capability(model, host, section, words):
    site, variable = model.site, f"standin_agent_{section}"
    if site.says(host, variable) or len(words) < 2:
        return host, variable
    if words[1] == "disks" and len(words) > 2:
        machine = next((each for each in (*site.servers, *site.spares) if site.said(each, "standin_disk", each) == words[2]), None)
        return (machine, f"standin_disk_{words[3] if len(words) > 3 else 'path'}") if machine else (host, variable)
    if words[1] == "jobs" and len(words) > 2:
        server = next((each for each in site.servers if site.said(each, "standin_segment", each) == words[2]), None)
        inner = words[3] if len(words) > 3 else "front"
        known = {"limits": "standin_holder_limits", "answer_wait": "standin_holder_answer_wait", "order": "standin_holder_order",
                 "window": "standin_holder_window", "http": "standin_holder_http", "ports": "standin_job", "back": "standin_holder_back"}
        if words[3:5] == ["front", "address"]:
            return (server, "standin_address") if server else (host, variable)
        if words[3:5] == ["front", "gateway"]:
            return (server, "standin_gateway") if server else (host, variable)
        return (server, known.get(inner, "standin_holder_front")) if server else (host, variable)
    table = next((table for table, capability, _ in keys.PARTS.values() if capability == section), ())
    return host, next((key.variable for key in table if key.target == words[1]), variable)
