"""What Standin says of a site now, as groups of the inventory."""

DOCUMENTATION = """
name: standin_site
short_description: Groups servers by what executes their job, so that other playbooks can leave some of them alone
description:
  - Asks the coordinator. Adds the hosts of the servers that it protects to the groups V(on_server), V(on_stand_in), V(on_spare) and V(on_nobody),
    by what executes their job; to V(unprotected) those without a ready stand-in, and to V(in_maintenance) those whose failures start nothing.
  - Used beside the inventory of the site, with C(-i). It is a file whose name ends in C(standin.yml).
  - 'Without an answer it is a failure, unless O(strict=false): then all of its groups are empty, and V(standin_unknown) has all servers that the
    rest of the inventory has in its group C(standin_servers).'
options:
  plugin: {description: 'C(standin_site).', required: true, choices: [standin_site]}
  url: {description: The coordinator., required: true}
  tls_dir: {description: 'Directory with ca.crt, tls.crt and tls.key of a viewer, on the control host.', default: /etc/standin/tls/operator}
  timeout_s: {description: How long an answer may take., type: int, default: 10}
  strict: {description: Whether no answer is a failure., type: bool, default: true}
"""

EXAMPLES = """
# now.standin.yml; then: ansible-playbook -i inventory/mine -i now.standin.yml patches.yml --limit 'all:!on_stand_in:!on_spare:!unprotected'
plugin: standin_site
url: https://198.51.100.10:8440
tls_dir: /root/standin
"""

import importlib.util  # noqa: E402
from pathlib import Path  # noqa: E402

from ansible.errors import AnsibleParserError  # noqa: E402
from ansible.plugins.inventory import BaseInventoryPlugin  # noqa: E402

GROUPS = ("on_server", "on_stand_in", "on_spare", "on_nobody", "unprotected", "in_maintenance", "standin_unknown")


def _client():
    """The modules' client, which is no package of Python's."""
    path = Path(__file__).resolve().parents[1] / "module_utils/standin_client.py"
    spec = importlib.util.spec_from_file_location("standin_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def groups_of(server):
    """The groups of a server, as GET /v1/servers shows it."""
    row = server["spare_table"]
    found = [f"on_{server['runs_on']['on']}"]
    if row is None or not row["standin_ready"] or row["stale"] or server["runs_on"]["on"] != "server":
        found.append("unprotected")
    return found + (["in_maintenance"] if server["maintenance"] else [])


class InventoryModule(BaseInventoryPlugin):
    """Ansible's door to it."""

    NAME = "standin_site"

    def verify_file(self, path):
        return super().verify_file(path) and path.endswith(("standin.yml", "standin.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        for group in GROUPS:
            inventory.add_group(group)
        client = _client()
        try:
            servers = client.Client(self.get_option("url"), self.get_option("tls_dir"), self.get_option("timeout_s")).get("/v1/servers")["servers"]
        except client.Refused as refusal:
            if self.get_option("strict"):
                raise AnsibleParserError(str(refusal)) from refusal
            self.display.warning(f"what executes which job is not known: {refusal}")
            known = inventory.groups.get("standin_servers")
            for host in known.get_hosts() if known else ():
                inventory.add_host(host.name, "standin_unknown")
            return
        for server in servers:
            for group in groups_of(server):
                inventory.add_host(server["name"], group)
