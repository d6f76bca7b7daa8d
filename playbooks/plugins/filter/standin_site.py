"""Filters that derive the configuration of all parts of Standin from the inventory's hosts, and say what is wrong with them."""

import sys
import traceback
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
# pylint: disable=wrong-import-position
from site_model import daemon_words, machines, parts, variables  # noqa: E402
from site_model.complaints import Complaints  # noqa: E402
from site_model.derive import Model  # noqa: E402
from site_model.site import Site  # noqa: E402


def standin_site(hostvars, groups, leaving=()):
    """Of all hosts together: what is wrong, which hosts are in the parents' groups, and each host's derived variables.

    Hosts that are `leaving` count as if the inventory did not have them any more.
    """
    site = Site(hostvars, {name: [host for host in hosts if host not in leaving] for name, hosts in groups.items()})
    complaints = Complaints(site)
    if not variables.check(site, complaints):
        return {"problems": complaints.lines(), "hosts": []}
    try:
        return _derived(site, complaints)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        # The task that calls this shows no values, as there are secrets among them: so the place is said here.
        place = traceback.extract_tb(problem.__traceback__)[-1]
        complaints.say(f"a rule of the site model failed ({type(problem).__name__} at {Path(place.filename).name}:{place.lineno}), as a mapping "
                       "or list of the inventory has not the form that it should: compare the inventory with inventory/example")
        return {"problems": complaints.lines(), "hosts": []}


def _derived(site, complaints):
    model = Model(site)
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
        complaints.add_finding(*daemon_words.where(model, host, path, what), daemon_words.said(path, what))
    return complaints.lines()


class FilterModule:
    """Ansible's door to them."""

    def filters(self):
        return {"standin_site": standin_site, "standin_daemon_complaints": standin_daemon_complaints}
