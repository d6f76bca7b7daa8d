"""The rules for each host's variables by themselves: known, there, of their kind, resolvable."""

import functools
from pathlib import Path

import yaml

from . import keys
from .complaints import nearest
from .kinds import KINDS, TYPES

ROLES = Path(__file__).resolve().parents[3] / "roles"
# Beside those of the roles: what playbooks ask for.
_OTHERS = {"standin_confirm", "standin_server", "standin_operation_id", "standin_action", "standin_cause",
           "standin_discard_data", "standin_maintenance", "standin_maintenance_why", "standin_remove",
           "standin_leaving", "standin_at_once"}


def check(site, complaints):
    """Answers whether all values are of their kinds, so that other rules can go on."""
    _groups(site, complaints)
    for host, variable, why in site.unreadable:
        if variable not in keys.VARIABLES or variable in {key.variable for key in _keys_of(site, host)}:
            complaints.add(host, variable, "cannot be resolved", why)
    of_roles, right = role_variables(), True
    known = set(keys.VARIABLES) | set(of_roles) | _OTHERS
    unreadable = {(host, variable) for host, variable, _ in site.unreadable}
    for host in site.hosts():
        _unknown(site, complaints, host, known)
        if host in site.agents:
            _capabilities(site, complaints, host)
        for key in _keys_of(site, host):
            if (host, key.variable) not in unreadable:
                right &= _value(site, complaints, host, key)
        for variable in site.names(host):
            if variable in of_roles:
                right &= _argument(site, complaints, host, variable, of_roles[variable])
    return right


@functools.lru_cache(maxsize=1)
def role_variables():
    """The type of all variables of all roles, from their argument_specs."""
    found = {}
    for path in ROLES.glob("*/meta/argument_specs.yml"):
        for entry in yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["argument_specs"].values():
            for name, option in entry.get("options", {}).items():
                found[name] = f"list of {option['elements']}" if "elements" in option else option["type"]
    return found


def _argument(site, complaints, host, variable, its_type):
    value = site.said(host, variable)
    words, is_right = TYPES[its_type]
    if value is None or is_right(value):
        return True
    complaints.add(host, variable, f"is not {words}", "see the README of its role in roles/")
    return False


def _groups(site, complaints):
    for group, hosts in site.groups.items():
        if group.startswith("standin_") and group not in keys.GROUPS:
            where = site.file_of(hosts[0] if hosts else None)
            complaints.say(f"{where}: there is a group {group}, which is none of Standin's; {nearest(group, keys.GROUPS)}")


def _unknown(site, complaints, host, known):
    for name in site.names(host):
        if name not in known:
            complaints.add(host, name, "is no variable of Standin", nearest(name, known))


def _capabilities(site, complaints, host):
    """Those that are written out."""
    for table, capability, _ in keys.PARTS.values():
        targets = {key.target for key in table if key.target} | keys.DERIVED_TARGETS.get(capability, set())
        said = site.said(host, f"standin_agent_{capability}")
        for name in said if isinstance(said, dict) else ():
            if name not in targets:
                complaints.add(host, f"standin_agent_{capability}.{name}", "is not known", nearest(str(name), targets))


def _keys_of(site, host):
    tables = []
    if host in site.servers:
        tables.append(keys.SERVER)
    if host in site.spares:
        tables.append(keys.SPARE)
    for group in site.parts_of(host):
        explicit = site.says(host, f"standin_agent_{keys.PARTS[group][1]}")
        tables.append([key for key in keys.PARTS[group][0] if not explicit] + list(keys.PART))
    if host in site.coordinators:
        tables.append(keys.COORDINATOR + keys.PART)
    return {key.variable: key for table in tables for key in table}.values()


def _value(site, complaints, host, key):
    """Answers whether it is of its kind; what is not there is complained of, too."""
    value = site.said(host, key.variable)
    if value is None:
        if key.required:
            complaints.add(host, key.variable, "is missing", f"say {key.variable}: {key.example}")
        return True
    words, is_right = KINDS[key.kind]
    if not is_right(value):
        shown = "" if key.kind == "secret" else f", '{value}',"
        complaints.add(host, key.variable, f"is not {words}{shown}".rstrip(","), f"write it as in {key.example}")
        return False
    if key.variable in keys.NESTED:
        for name in value:
            if name not in keys.NESTED[key.variable]:
                complaints.add(host, f"{key.variable}.{name}", "is not known", nearest(str(name), keys.NESTED[key.variable]))
    return True
