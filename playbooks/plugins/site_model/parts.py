"""The rules for agents and coordinators among each other."""

import re
from pathlib import Path

from . import keys
from .complaints import nearest

_LISTEN = re.compile(r"(.+):([0-9]+)")


def check(model, complaints):
    site = model.site
    for host in site.agents:
        _reached(model, host, "standin_agent_listen", complaints)
        _agent(model, host, complaints)
    for host in site.coordinators:
        _reached(model, host, "standin_coordinator_listen", complaints)
        _known_agents(model, host, complaints)
        _roles(model, host, complaints)
        _secrets(model, host, complaints)
    if site.agents and not site.coordinators:
        complaints.say(f"{site.file_of(None)}: the group standin_coordinators has no host; put the host of the coordinator into it")
    _groups(model, complaints)
    _authority(site, complaints)


def _reached(model, host, variable, complaints):
    listen = model.final(host, variable)
    found = _LISTEN.fullmatch(str(listen)) if listen is not None else None
    if listen is None:
        complaints.add(host, variable, "is missing, as are standin_api_address and ansible_host", "say ansible_host or standin_api_address")
        return
    if not found:
        complaints.add(host, variable, f"is '{listen}', which is no address:port", "write it as in 198.51.100.11:8441")
        return
    names = model.final(host, "standin_certificates_names")
    if not names:
        complaints.add(host, "standin_certificates_names", "names nobody, so that no one believes who answers",
                       f"say standin_certificates_names: ['IP:{found[1]}']")
    elif not all(re.match("(IP|DNS):.", str(name)) for name in names):
        complaints.add(host, "standin_certificates_names", f"are {names}, and must each begin with 'IP:' or 'DNS:'", f"write them as in IP:{found[1]}")
    elif found[1] not in ("0.0.0.0", "[::]") and not any(str(name) in (f"IP:{found[1]}", f"DNS:{found[1]}") for name in names):
        complaints.add(host, "standin_certificates_names", f"lacks the address {found[1]} of {variable}", f"add IP:{found[1]}")


def _agent(model, host, complaints):
    commanders = model.final(host, "standin_agent_commanders")
    if commanders is not None and "coordinator" not in commanders:
        complaints.add(host, "standin_agent_commanders", "lacks coordinator, whose certificate has that name", "add coordinator")
    if not any(model.final(host, f"standin_agent_{capability}") for _, capability, _ in keys.PARTS.values()):
        complaints.add(host, "standin_agent_*", "name no capability, and an agent needs at least one capability",
                       f"put the host into one of the groups {', '.join(keys.PARTS)}")


def _known_agents(model, host, complaints):
    explicit = model.site.said(host, "standin_coordinator_agents")
    agents = {model.agent_name(agent): agent for agent in model.site.agents}
    if not isinstance(explicit, dict):
        return
    for name, each in explicit.items():
        if name not in agents:
            complaints.add(host, f"standin_coordinator_agents.{name}", "is no host of the group standin_agents", nearest(str(name), agents))
            continue
        url, listen = (each or {}).get("url"), str(model.final(agents[name], "standin_agent_listen"))
        names = [str(one).split(":", 1)[-1] for one in model.final(agents[name], "standin_certificates_names") or []]
        port = listen.rpartition(":")[2]
        if url != f"https://{listen}" and url not in [f"https://{one}:{port}" for one in names]:
            complaints.add(host, f"standin_coordinator_agents.{name}.url", f"is {url}, but the agent listens at {listen}",
                           "leave standin_coordinator_agents away: it follows from the agents' hosts")
    for name in agents:
        if name not in explicit:
            complaints.add(host, "standin_coordinator_agents", f"lacks agent '{name}' of the group standin_agents",
                           "leave the variable away: it follows from the agents' hosts")


def _roles(model, host, complaints):
    agents = {model.agent_name(agent) for agent in model.site.agents}
    for variable in ("standin_coordinator_viewers", "standin_coordinator_operators", "standin_coordinator_confirmers"):
        for name in model.site.said(host, variable, []):
            if name in agents:
                complaints.add(host, variable, f"names agent '{name}', and no agent may have a role at the coordinator",
                               "issue a certificate of its own to each client that needs one")


def _secrets(model, host, complaints):
    site = model.site
    unreadable = {each[:2] for each in site.unreadable}
    secrets = model.final(host, "standin_coordinator_secrets") or []
    names = [each.get("name") for each in secrets if isinstance(each, dict)]
    for each in secrets:
        name = each.get("name")
        machine = str(name).removeprefix("bmc-")
        own = machine in (*site.servers, *site.spares) and not site.says(host, "standin_coordinator_secrets")
        at = (machine, "standin_bmc_password_file") if own else \
            (host, "standin_secrets" if site.says(host, "standin_secrets") else "standin_coordinator_secrets")
        if ("content" in each) == ("src" in each) and (machine, "standin_bmc_password") not in unreadable:
            complaints.add(*at, f"gives secret '{name}' twice or not at all: it needs either content or src", "say one of both")
        if str(each.get("src", "")).startswith("/") and not Path(each["src"]).is_file():
            complaints.add(*at, f"names '{each['src']}', which is no file on this machine", "write the secret there, or keep it in a vault")
        if names.count(name) > 1:
            complaints.add(*at, f"gives secret '{name}' twice", "give each a name of its own")
    believed = model.final(host, "standin_coordinator_trap_communities") or model.final(host, "standin_coordinator_trap_users") \
        or model.final(host, "standin_coordinator_server_communities") or "communities" in names or (host, "standin_coordinator_trap_communities") in unreadable
    if not believed:
        complaints.add(host, "standin_coordinator_trap_communities", "is missing, so that no trap would be believed",
                       "say standin_engine_id and standin_trap_user of the servers, or it")
    communities = model.final(host, "standin_coordinator_trap_communities") or model.final(host, "standin_coordinator_server_communities") \
        or "communities" in names
    if communities and not site.said(host, "standin_coordinator_allow_unauthenticated_traps", False) \
            and not site.is_opaque(host, "standin_coordinator_allow_unauthenticated_traps"):
        complaints.add(host, "standin_coordinator_allow_unauthenticated_traps",
                       "is not true, and communities are for SNMP v1 and v2c, which nobody authenticates: anybody on the management network can "
                       "forge a failure", "use standin_engine_id and standin_trap_user, or say it in so many words: "
                       "standin_coordinator_allow_unauthenticated_traps: true")


def _groups(model, complaints):
    site = model.site
    for host in site.agents + site.coordinators:
        for group in ("standin_servers", "standin_spares"):
            if host in site.members(group):
                complaints.say(f"{site.file_of(host)}: host '{host}' is in the group {group} and runs Standin itself; "
                               "a machine that is protected or replaces one runs no part of it: remove it from one group")
    for host in site.servers:
        if host in site.spares:
            complaints.say(f"{site.file_of(host)}: host '{host}' is in the groups standin_servers and standin_spares; remove it from one of them")
    listed = site.members("standin_machines")
    local = {site.said(host, "ansible_connection") for host in (*listed, *site.agents, *site.coordinators)} == {"local"}
    for host in site.agents + site.coordinators:
        if listed and host not in listed and not local:
            complaints.say(f"{site.file_of(host)}: host '{host}' is not in the group standin_machines, so that no program would be installed there; "
                           "add it, or leave the group away: it is filled with all agents and coordinators")


def _authority(site, complaints):
    for host in site.agents + site.coordinators:
        named = site.said(host, "standin_certificates_ca_host")
        if named is not None and named != "localhost" and named not in site.known:
            complaints.add(host, "standin_certificates_ca_host", f"names '{named}', which is no host of the inventory", nearest(str(named), site.hosts()))
            return
