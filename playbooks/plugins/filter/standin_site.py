"""Filters that derive the configuration of all parts of Standin from the inventory's hosts, and say what is wrong with them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
# pylint: disable=wrong-import-position
from site_model import daemon_words, machines, parts, variables  # noqa: E402
from site_model.complaints import Complaints  # noqa: E402
from site_model.derive import Model  # noqa: E402
from site_model.site import Site  # noqa: E402


def standin_site(hostvars, groups):
    """Of all hosts together: what is wrong, which hosts are in the parents' groups, and each host's derived variables."""
    site = Site(hostvars, groups)
    model = Model(site)
    complaints = Complaints(site)
    variables.check(site, complaints)
    parts.check(model, complaints)
    for coordinator in site.coordinators:
        machines.check(model, coordinator, complaints)
    installed = site.members("standin_machines") or list(dict.fromkeys((*site.agents, *site.coordinators)))
    hosts = [{"name": host, "groups": [group for group, members in (("standin_agents", site.agents), ("standin_machines", installed))
                                       if host in members], "variables": model.derived.get(host, {})}
             for host in dict.fromkeys((*site.agents, *site.coordinators, *installed))]
    return {"problems": complaints.lines(), "hosts": hosts}


def standin_daemon_complaints(rendered, hostvars, groups, host, programs, rules="", playbook_dir=""):
    """What the daemon itself finds in a host's rendered configuration, if it is installed or built on this machine."""
    program = daemon_words.program_of(programs)
    found = daemon_words.findings(rendered, program, daemon_words.rules_of(rules, playbook_dir)) if program else []
    if not found:
        return []
    site = Site(hostvars, groups)
    model, complaints = Model(site), Complaints(site)
    for path, what in found:
        complaints.add_finding(*daemon_words.where(model, host, path, what), what)
    return complaints.lines()


class FilterModule:
    """Ansible's door to them."""

    def filters(self):
        return {"standin_site": standin_site, "standin_daemon_complaints": standin_daemon_complaints}
