"""Reads an inventory as Ansible does, in this process, and asks the site's filter about it."""

import sys
from pathlib import Path

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "playbooks/plugins/filter"))
import standin_site  # noqa: E402


def read(inventory, pass_phrase=None):
    """What the filter says of an inventory: problems and hosts."""
    loader = DataLoader()
    if pass_phrase is not None:
        loader.set_vault_secrets([("default", VaultSecret(pass_phrase.encode()))])
    manager = InventoryManager(loader, sources=[str(inventory)])
    return standin_site.standin_site(HostVars(manager, VariableManager(loader, manager), loader), manager.get_groups_dict())
