"""The rules for servers and spares among each other, and for what they need of the parts."""

import ipaddress

from . import keys
from .complaints import nearest
from .kinds import KINDS, range_of, size_of
from .once import only_once

# Where the inventory's hosts say what the coordinator knows under another name.
_VARIABLE_OF = {"address": "standin_address", "disk": "standin_disk", "trap_sources": "standin_bmc",
                **{key.target: key.variable for key in (*keys.SERVER, *keys.SPARE) if key.target}}


class Machines:
    """What one coordinator is told of its machines, and where the inventory says it."""

    def __init__(self, model, coordinator):
        self.model, self.site, self.coordinator = model, model.site, coordinator
        self.servers = _maps(model.final(coordinator, "standin_coordinator_servers", {}))
        self.spares = _maps(model.final(coordinator, "standin_coordinator_spares", {}))

    def where(self, machine, target):
        """(host, variable) that says it."""
        table = "standin_coordinator_servers" if machine in self.servers else "standin_coordinator_spares"
        if self.site.says(self.coordinator, table):
            return self.coordinator, f"{table}.{machine}.{target}"
        return machine, _VARIABLE_OF.get(target, f"standin_{target}")

    def agents(self):
        """Inventory hosts of agents by the agents' names."""
        return {self.model.agent_name(host): host for host in self.site.agents}

    def capability(self, agent, name):
        host = self.agents().get(agent)
        return (self.model.final(host, f"standin_agent_{name}") or {}) if host else {}


def check(model, coordinator, complaints):
    machines = Machines(model, coordinator)
    if any(model.site.is_opaque(coordinator, table) for table in ("standin_coordinator_servers", "standin_coordinator_spares")):
        return   # the coordinator itself will say
    for rule in (_written_out, only_once, _vlans, _bridges, _rows, _disks, _held_jobs, _memory, _data, _evidence):
        rule(machines, complaints)
    for server in model.site.servers:
        _parts(machines, server, complaints)
        _networks(machines, server, complaints)
    for machine in (*model.site.servers, *model.site.spares):
        _power(machines, machine, complaints)


def _maps(table):
    return {name: each for name, each in table.items() if isinstance(each, dict)} if isinstance(table, dict) else {}


def _written_out(machines, complaints):
    for table, group, targets in (("standin_coordinator_servers", "standin_servers", keys.SERVER_TARGETS),
                                  ("standin_coordinator_spares", "standin_spares", keys.SPARE_TARGETS)):
        said = machines.site.said(machines.coordinator, table)
        if said and machines.site.members(group):
            complaints.add(machines.coordinator, table, f"and the group {group} say both what there is",
                           f"remove {table}, or the hosts from the group")
        for name, each in _maps(said or {}).items():
            for key in each:
                if key not in targets:
                    complaints.add(machines.coordinator, f"{table}.{name}.{key}", "is not known", nearest(str(key), targets))


def _parts(machines, server, complaints):
    if machines.site.says(machines.coordinator, "standin_coordinator_servers"):
        return
    for key in keys.SERVER:
        if key.kind != "agent":
            continue
        group = next(name for name, (_, capability, _) in keys.PARTS.items()
                     if key.target == {"hypervisor": "vm_host"}.get(capability, capability))
        names = {machines.model.agent_name(host) for host in machines.site.members(group)}
        found = machines.model.part_of(server, key.variable, group)
        if found is None:
            cure = f"say {key.variable}: one of {', '.join(sorted(names))}" if names else f"put a host into the group {group}"
            complaints.add(server, key.variable, f"is missing, and the group {group} has {len(names) or 'no'} hosts", cure)
        elif found not in names:
            complaints.add(server, key.variable, f"names '{found}', which is no host of the group {group}",
                           nearest(str(found), names) if names else f"put a host into the group {group}")


def _vlans(machines, complaints):
    for agent, host in machines.agents().items():
        quarantine = machines.capability(agent, "switch").get("quarantine_vlans")
        if not KINDS["range"][1](quarantine):
            continue
        for name, each in machines.servers.items():
            if str(each.get("vlan")).isdigit() and int(each["vlan"]) in range_of(quarantine):
                complaints.add(*machines.where(name, "vlan"), f"is {each['vlan']}, which is among the quarantine VLANs {quarantine} of '{agent}'",
                               "take one outside of them")
        for other, its_host in machines.agents().items():
            landing = machines.capability(other, "hypervisor").get("landing_vlan")
            if str(landing).isdigit() and int(landing) in range_of(quarantine):
                complaints.add(its_host, "standin_landing_vlan", f"is {landing}, which is among the quarantine VLANs {quarantine} of '{agent}'",
                               "take one outside of them")
    landings = {str(machines.capability(agent, "hypervisor").get("landing_vlan")) for agent in machines.agents()} - {"None"}
    for name, each in machines.servers.items():
        if str(each.get("vlan")) in landings:
            complaints.add(*machines.where(name, "vlan"), f"is {each['vlan']}, which is the landing VLAN of a VM host", "take another one")


def _bridges(machines, complaints):
    for name, each in machines.servers.items():
        at_host = machines.capability(each.get("vm_host"), "hypervisor").get("bridge")
        at_switch = machines.capability(each.get("switch"), "switch").get("bridge")
        if at_host and at_switch and at_host != at_switch:
            complaints.add(machines.agents()[each["vm_host"]], "standin_bridge",
                           f"is '{at_host}', but switch '{each['switch']}' of its servers has '{at_switch}'",
                           "say the bridge once for both, e.g. in group_vars/all")
            return


def _rows(machines, complaints):
    rows = machines.model.final(machines.coordinator, "standin_spare_table_rows") or []
    explicit = machines.site.says(machines.coordinator, "standin_spare_table_rows")
    used = {}
    for row in rows if isinstance(rows, list) else []:
        server, spare = row.get("server"), row.get("spare")
        at = (machines.coordinator, "standin_spare_table_rows") if explicit else (server, "standin_spare")
        if server not in machines.servers:
            complaints.add(*at, f"names server '{server}', which there is not", nearest(str(server), machines.servers))
        if spare not in machines.spares:
            complaints.add(*at, f"names spare '{spare}', which there is not", nearest(str(spare), machines.spares))
        if used.setdefault(spare, server) != server:
            complaints.add(*at, f"names spare '{spare}', which is that of '{used[spare]}' already", "give each server a spare of its own, or none")


def _disks(machines, complaints):
    for name, each in (*machines.servers.items(), *machines.spares.items()):
        store = machines.capability(each.get("image_store"), "image_store")
        if store and each.get("disk") not in (store.get("disks") or {}):
            host = machines.agents()[each["image_store"]]
            complaints.add(host, "standin_agent_image_store.disks", f"lacks disk '{each.get('disk')}' of '{name}'",
                           "add it, or leave the variable to the hosts' standin_disk_path")


def _held_jobs(machines, complaints):
    for name, each in machines.servers.items():
        holder = machines.capability(each.get("request_holder"), "request_holder")
        if not holder:
            continue
        host = machines.agents()[each["request_holder"]]
        job = (holder.get("jobs") or {}).get(each.get("segment"))
        if not isinstance(job, dict):
            complaints.add(host, "standin_agent_request_holder.jobs", f"lacks job '{each.get('segment')}' of server '{name}'",
                           "add it, or leave the variable to the hosts' standin_holder_front and _back")
            continue
        address = str((job.get("front") or {}).get("address")).split("/", maxsplit=1)[0]
        if address != str(each.get("address")):
            complaints.add(host, "standin_agent_request_holder.jobs", f"gives job '{each['segment']}' the address {address}, but server '{name}' "
                           f"has {each.get('address')}", "write the server's")
        if sorted(job.get("ports") or []) != sorted((each.get("job") or {}).get("ports") or []):
            complaints.add(host, "standin_agent_request_holder.jobs", f"gives job '{each['segment']}' other ports than server '{name}' has",
                           "write the server's")


def _memory(machines, complaints):
    for name, each in machines.servers.items():
        stand_in = each.get("stand_in") if isinstance(each.get("stand_in"), dict) else {}
        host = machines.agents().get(each.get("vm_host"))
        has = size_of(machines.site.said(host, "standin_memory")) if host else None
        reserve = size_of(machines.capability(each.get("vm_host"), "hypervisor").get("reserve_memory", "1GiB"))
        for key in ("memory", "maximum_memory"):
            if key not in stand_in:
                continue
            needs = size_of(stand_in[key])
            if needs is None:
                complaints.add(*machines.where(name, "stand_in"), f"has {key} '{stand_in[key]}', which is no size", "write it as in 4GiB")
            elif has and reserve is not None and needs + reserve > has:
                complaints.add(*machines.where(name, "stand_in"), f"has {key} {stand_in[key]}, but VM host '{each['vm_host']}' has "
                               f"{machines.site.said(host, 'standin_memory')}, of which {reserve >> 20}MiB are its own", "give the stand-in less")


def _data(machines, complaints):
    for name, each in machines.servers.items():
        job = each.get("job") if isinstance(each.get("job"), dict) else {}
        at = machines.where(name, "job")
        if job.get("data") not in ("none", "shared", "local"):
            complaints.add(*at, "does not say where the job's data are", "say data: none, shared or local")
        if job.get("data") == "local" and not job.get("accepts_rollback"):
            complaints.add(*at, "has data: local, so that a failover goes back to the last image", "agree with accepts_rollback: true")
        if job.get("data") == "shared" and (each.get("fence") or {}).get("policy", "port") != "power":
            complaints.add(*machines.where(name, "fence_policy"), "must be power where the job's data are shared", "say standin_fence_policy: power")


def _evidence(machines, complaints):
    for name, each in machines.servers.items():
        evidence = each.get("evidence") if isinstance(each.get("evidence"), dict) else {}
        kinds = evidence.get("kinds") if isinstance(evidence.get("kinds"), dict) else {}
        said = {"policy": evidence.get("policy", "silence"), **{f"kinds.{kind}": policy for kind, policy in kinds.items()}}
        for key, policy in said.items():
            if policy not in keys.EVIDENCE_POLICIES:
                complaints.add(*machines.where(name, "evidence"), f"has {key} '{policy}', which is no policy", nearest(str(policy), keys.EVIDENCE_POLICIES))
        if not isinstance(evidence.get("kinds", {}), dict):
            complaints.add(*machines.where(name, "evidence"), "has kinds that are not a mapping", "write it as in {kinds: {memory: operator}}")


def _networks(machines, server, complaints):
    said = machines.site.said
    address, gateway = said(server, "standin_address"), said(server, "standin_gateway")
    back = (said(server, "standin_holder_back") or {}).get("address") if isinstance(said(server, "standin_holder_back"), dict) else None
    if not KINDS["network"][1](str(address)):
        return
    network = ipaddress.IPv4Interface(address).network
    if gateway and KINDS["address"][1](str(gateway)) and ipaddress.ip_address(gateway) not in network:
        complaints.add(server, "standin_gateway", f"is {gateway}, which is not in the network {network} of standin_address", "mend one of both")
    if back and KINDS["network"][1](str(back)):
        own = ipaddress.IPv4Interface(back)
        if own.ip not in network:
            complaints.add(server, "standin_holder_back", f"has address {back}, which is not in the network {network} of standin_address", "take a free one of it")
        elif own.ip == ipaddress.IPv4Interface(address).ip:
            complaints.add(server, "standin_holder_back", f"has the server's own address {back}", "take a free one of its network")


def _power(machines, machine, complaints):
    said = machines.site.said
    if said(machine, "standin_power_ladder") is not None:
        return
    if said(machine, "standin_bmc") is None:
        complaints.add(machine, "standin_bmc", "is missing, so that nothing can switch it off", "say standin_bmc: 192.0.2.11, or standin_power_ladder")
    elif not machines.site.says(machine, "standin_bmc_password") and said(machine, "standin_bmc_password_file") is None \
            and (machine, "standin_bmc_password") not in {each[:2] for each in machines.site.unreadable}:
        complaints.add(machine, "standin_bmc_password", "is missing, as is standin_bmc_password_file", "say one of them; keep the password in a vault")
