#!/usr/bin/python3
"""Keeps a daemon running with what it has to read now."""

DOCUMENTATION = """
module: standin_service
short_description: Starts, restarts or reloads a daemon when what it reads has changed since its last good start
description:
  - The digests of all files that the daemon reads are compared with those of its last good start, which are kept in a file on its host.
    So a restart is not lost when a play fails after a file was changed.
  - V(compared) only says what is due. V(current) does it. V(proven) keeps the digests; it is called when the daemon answers.
    V(stopped) stops it, and has it not started at boot.
options:
  state: {description: What is done., type: str, choices: [compared, current, proven, stopped], required: true}
  was_due: {description: 'With V(proven), for check mode: what was due; nothing was done.', type: str, default: nothing}
  daemon:
    description: The daemon.
    type: dict
    required: true
    suboptions:
      name: {description: The service., type: str, required: true}
      manager: {description: What keeps it running., type: str, choices: [systemd, start_stop_daemon], required: true}
      marker: {description: The file with the digests of the last good start., type: path, required: true}
      reads: {description: 'Files, or directories of files, that it reads when it starts.', type: list, elements: path, default: []}
      rereads: {description: Those that it reads again when it is reloaded., type: list, elements: path, default: []}
      to_change:
        description: Whether earlier tasks would change what it reads; for check mode, in which they change nothing.
        type: bool
        default: false
      to_reread: {description: The same of what it reads again., type: bool, default: false}
      program: {description: With start_stop_daemon; the program., type: path}
      arguments: {description: Its arguments., type: list, elements: str, default: []}
      process: {description: 'Name of its process, if not the service''s.', type: str}
      user: {description: Whom it runs as., type: str, default: root}
      pid_file: {description: File with its process id., type: path}
      log_file: {description: File with its output., type: path}
author: Standin
"""

EXAMPLES = """
- name: See what the agent has to do
  standin_service:
    state: compared
    daemon:
      name: standin-agent
      manager: systemd
      marker: /var/lib/standin/vmhost1/started_with
      reads: [/etc/standin/vmhost1.yml, /usr/local/sbin/standin-agent]
"""

RETURN = """
due: {description: 'V(start), V(restart), V(reload), V(stop) or V(nothing): what was done, or is to be done.', returned: always, type: str}
"""

import hashlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402

from ansible.module_utils.basic import AnsibleModule  # noqa: E402

# How long a daemon may take to stop before it is killed, and how long that may take.
STOPPING = "TERM/30/KILL/5"
DONE = {"start": "started", "restart": "restarted", "reload": "reloaded", "stop": "stopped", "nothing": "set up"}


def files_of(paths):
    for path in paths:
        if os.path.isdir(path):
            yield from (os.path.join(path, name) for name in sorted(os.listdir(path)) if not name.startswith("."))
        else:
            yield path


def digest_of(paths):
    """Of names, owners, modes and contents; that a file is not there is a digest, too."""
    digest = hashlib.sha256()
    for path in files_of(paths):
        digest.update(path.encode() + b"\0")
        try:
            state = os.stat(path)
            digest.update(f"{state.st_uid} {state.st_gid} {state.st_mode & 0o7777}\0".encode())
            with open(path, "rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    digest.update(block)
        except OSError:
            digest.update(b"missing\0")
    return digest.hexdigest()


def kept(marker):
    try:
        with open(marker, encoding="utf-8") as file:
            found = json.load(file)
            return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def due(runs, now, before, to_change, to_reread):
    """What has to be done. A daemon whose last good start is not known is started again."""
    if not runs:
        return "start"
    if to_change or now["reads"] != before.get("reads"):
        return "restart"
    return "reload" if to_reread or now["rereads"] != before.get("rereads") else "nothing"


class Systemd:
    def __init__(self, module):
        self._run, self._name = module.run_command, module.params["daemon"]["name"]

    def runs(self):
        return self._run(["systemctl", "is-active", "--quiet", self._name])[0] == 0

    def is_enabled(self):
        return self._run(["systemctl", "is-enabled", "--quiet", self._name])[0] == 0

    def act(self, what):
        if what == "stop":
            return self._all(["disable", "--now", self._name])
        words = [["daemon-reload"]]
        if not self.is_enabled():
            words.append(["enable", self._name])
        if what != "nothing":
            words.append([what, self._name])
        return self._all(*words)

    def _all(self, *calls):
        for words in calls:
            code, out, err = self._run(["systemctl", *words])
            if code:
                return f"systemctl {' '.join(words)}: {(err or out).strip()}; see: journalctl -u {self._name}"
        return ""


class StartStopDaemon:
    def __init__(self, module):
        self._run, self._its = module.run_command, module.params["daemon"]
        self._which = ["--pidfile", self._its["pid_file"], "--name", (self._its["process"] or self._its["name"])[:15]]

    def runs(self):
        return self._run(["start-stop-daemon", "--status", *self._which])[0] == 0

    def is_enabled(self):
        """Nothing starts it at boot, with this manager."""
        return True

    def act(self, what):
        calls = []
        if what in ("restart", "stop"):
            calls.append(["--stop", "--oknodo", "--retry", STOPPING, "--remove-pidfile", *self._which])
        if what in ("restart", "start"):
            calls.append(["--start", "--background", "--chuid", self._its["user"], "--make-pidfile", "--pidfile", self._its["pid_file"],
                          "--output", self._its["log_file"], "--startas", self._its["program"], "--", *self._its["arguments"]])
        if what == "reload":
            calls.append(["--stop", "--signal", "HUP", *self._which])
        for words in calls:
            code, out, err = self._run(["start-stop-daemon", *words])
            if code:
                return f"start-stop-daemon {words[0]}: {(err or out).strip()}; see {self._its['log_file']}"
        return ""


def keep(module, now):
    marker = module.params["daemon"]["marker"]
    changed = kept(marker) != now
    if changed and not module.check_mode:
        os.makedirs(os.path.dirname(marker), exist_ok=True)
        temporary = f"{marker}.new"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(now, file)
        owner = os.stat(os.path.dirname(marker))
        os.chown(temporary, owner.st_uid, owner.st_gid)
        os.rename(temporary, marker)
    return changed


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        "state": {"type": "str", "choices": ["compared", "current", "proven", "stopped"], "required": True},
        "was_due": {"type": "str", "default": "nothing"},
        "daemon": {"type": "dict", "required": True, "options": {
            "name": {"type": "str", "required": True}, "manager": {"type": "str", "choices": ["systemd", "start_stop_daemon"], "required": True},
            "marker": {"type": "path", "required": True},
            "reads": {"type": "list", "elements": "path", "default": []}, "rereads": {"type": "list", "elements": "path", "default": []},
            "to_change": {"type": "bool", "default": False}, "to_reread": {"type": "bool", "default": False},
            "program": {"type": "path"}, "arguments": {"type": "list", "elements": "str", "default": []}, "process": {"type": "str"},
            "user": {"type": "str", "default": "root"}, "pid_file": {"type": "path"}, "log_file": {"type": "path"}}}})
    state, its = module.params["state"], module.params["daemon"]
    manager = Systemd(module) if its["manager"] == "systemd" else StartStopDaemon(module)
    now = {key: digest_of(its[key]) for key in ("reads", "rereads")}
    if state == "proven":
        module.exit_json(changed=keep(module, now) or (module.check_mode and module.params["was_due"] != "nothing"), due="nothing")
    if state == "stopped":
        what = "stop" if manager.runs() or (its["manager"] == "systemd" and manager.is_enabled()) else "nothing"
    else:
        what = due(manager.runs(), now, kept(its["marker"]), *(module.check_mode and its[key] for key in ("to_change", "to_reread")))
    changed = what != "nothing" or (state == "current" and not manager.is_enabled())
    if state != "compared" and changed and not module.check_mode:
        problem = manager.act(what)
        if problem:
            module.fail_json(msg=f"{its['name']} could not be {DONE[what]}: {problem}", due=what)
    module.exit_json(changed=changed and state != "compared", due=what)


if __name__ == "__main__":
    main()
