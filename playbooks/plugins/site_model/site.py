"""What the inventory says of a site's hosts, and in which of its files."""

import re
from pathlib import Path

from . import keys

_FILES = ("", ".yml", ".yaml", ".json")
UNDECRYPTED = "the vault's pass phrase is missing or wrong: give it with --ask-vault-pass or --vault-password-file"


class Site:
    """`hostvars` is Ansible's, or a plain dictionary; each host's variables are read once."""

    def __init__(self, hostvars, groups):
        self.groups = {name: list(hosts) for name, hosts in groups.items()}
        self.agents = self._union("standin_agents", *keys.PARTS)
        self.coordinators = self.members("standin_coordinators")
        self.servers = self.members("standin_servers")
        self.spares = self.members("standin_spares")
        self.known = {host for hosts in self.groups.values() for host in hosts}
        self.unreadable = []          # (host, variable, why)
        self._said, self._names, self._opaque = {}, {}, set()
        for host in self._union("standin_servers", "standin_spares", "standin_agents", *keys.PARTS, "standin_coordinators", "standin_machines"):
            self._read(host, hostvars[host])

    def members(self, group):
        return self.groups.get(group, [])

    def parts_of(self, host):
        return [group for group in keys.PARTS if host in self.members(group)]

    def said(self, host, variable, otherwise=None):
        """What the inventory says; None counts as nothing said."""
        value = self._said.get(host, {}).get(variable)
        return otherwise if value is None else value

    def says(self, host, variable):
        return variable in self._said.get(host, {}) or (host, variable) in self._opaque

    def is_opaque(self, host, variable):
        """Whether it is said by a template that only the role can resolve."""
        return (host, variable) in self._opaque

    def hosts(self):
        return list(self._said)

    def file_of(self, host):
        """The inventory file that names a host; without one, that of any host."""
        host = host if host in self._said else next(iter(self._said), None)
        return _short(self._said.get(host, {}).get("inventory_file") or "the inventory")

    def names(self, host):
        """The names of all variables of a host."""
        return self._names[host]

    def place(self, host, variable=None):
        """The file that says it; for what nobody says, the file that names the host."""
        for path, text in self._files(host):
            if variable and re.search(rf"(?m)(^|[\s{{,\"']){re.escape(variable.split('.')[0])}[\"']?\s*:", text):
                return _short(path)
        return self.file_of(host)

    def _union(self, *groups):
        return list(dict.fromkeys(host for group in groups for host in self.members(group)))

    def _read(self, host, view):
        said = {}
        # What an earlier play of the same run has filled in follows from the rest.
        filled = set(view["__standin_filled"]) if "__standin_filled" in view else set()
        self._names[host] = [name for name in view if str(name).startswith("standin_") and name not in filled]
        for name in (*self._names[host], "ansible_host", "ansible_connection", "inventory_file", "inventory_dir"):
            if name not in view:
                continue
            try:
                value = _plain(view[name], keys.VARIABLES.get(name))
            except Exception as problem:  # pylint: disable=broad-except
                # A value that is encrypted is decrypted when it is read.
                self.unreadable.append((host, name, UNDECRYPTED if "decrypt" in str(problem).lower() else str(problem)))
                continue
            why = _unresolved(value)
            if why is None or (name not in keys.VARIABLES and not isinstance(value, str)):
                said[name] = value   # a role may resolve the rest
            elif name in keys.VARIABLES or name in keys.SECRET_ROLE_VARIABLES:
                self.unreadable.append((host, name, why))
            else:
                self._opaque.add((host, name))
        self._said[host] = said

    def _files(self, host):
        """(path, text) of the files that may say something of a host, the one that counts most first."""
        directory = Path(self._said.get(host, {}).get("inventory_dir") or "/nonexistent")
        inventory = Path(self._said.get(host, {}).get("inventory_file") or "/nonexistent")
        groups = sorted((name for name, hosts in self.groups.items() if host in hosts and name not in ("all", "ungrouped")),
                        key=lambda name: len(self.groups[name]))
        places = [directory / "host_vars" / host]
        places += [directory / "group_vars" / name for name in (*groups, "all")]
        found = [path for place in places for suffix in _FILES for path in _below(place.with_name(place.name + suffix))]
        own = [path for path in found if path.parts[-2] == "host_vars" or path.parent.name == host]
        for path in (*own, *([inventory] if inventory.is_file() else []), *(path for path in found if path not in own)):
            text = _read(path)
            yield path, _entry(text, host) if path == inventory else text
        if inventory.is_file():
            yield inventory, _read(inventory)


def _read(path):
    """Without comments, which may name variables, too."""
    return re.sub(r"(?m)(^|\s)#.*$", "", path.read_text(errors="replace"))


def _below(path):
    return sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path] if path.is_file() else []


def _entry(text, host):
    """The lines of a host's own entry in an inventory file: its line, and what is indented deeper."""
    lines, depth = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent <= depth:
            depth = None
        if depth is None and re.match(rf"\s*[\"']?{re.escape(host)}[\"']?\s*:", line):
            depth = indent
        if depth is not None:
            lines.append(line)
    return "\n".join(lines)


def _short(path):
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _plain(value, key=None):
    """As plain data: no subclasses of Ansible's, and numbers as numbers, which templates give as text."""
    if isinstance(value, dict):
        return {_plain(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (bool, int, float, type(None))):
        return value
    text = str(value) + ""
    return int(text) if key and key.kind in ("number", "vlan") and re.fullmatch("[0-9]{1,9}", text) else text


def _unresolved(value):
    """Why a value could not be resolved, if so: Ansible leaves a template whose variable is not defined as it is."""
    if isinstance(value, dict):
        return next((why for why in map(_unresolved, value.values()) if why), None)
    if isinstance(value, (list, tuple)):
        return next((why for why in map(_unresolved, value) if why), None)
    if not isinstance(value, str) or "{{" not in value:
        return None
    return f"'{value}' names a variable that is not defined: define it, e.g. in the vault"
