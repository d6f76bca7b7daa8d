"""Filters that derive the configuration of all parts of Standin from the inventory's hosts, and say what is wrong with them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
# pylint: disable=wrong-import-position
from site_model.derive import Model  # noqa: E402
from site_model.site import Site  # noqa: E402


def standin_site(hostvars, groups):
    """Of all hosts together: what is wrong, which hosts are in the parents' groups, and each host's derived variables."""
    site = Site(hostvars, groups)
    model = Model(site)
    machines = site.members("standin_machines") or list(dict.fromkeys((*site.agents, *site.coordinators)))
    problems = []
    hosts = [{"name": host, "groups": [group for group, members in (("standin_agents", site.agents), ("standin_machines", machines))
                                       if host in members], "variables": model.derived.get(host, {})}
             for host in dict.fromkeys((*site.agents, *site.coordinators, *machines))]
    return {"problems": problems, "hosts": hosts}


class FilterModule:
    """Ansible's door to them."""

    def filters(self):
        return {"standin_site": standin_site}
