"""Derives the roles' variables from what the inventory says. What a role's variable says explicitly wins."""

from . import keys


class Model:
    """`derived` is what the playbooks fill in, host by host; `final` has what is said explicitly, too."""

    def __init__(self, site):
        self.site = site
        self.derived = {host: {} for host in (*site.agents, *site.coordinators)}
        for host in site.agents:
            self._agent(host)
        for host in site.coordinators:
            self._coordinator(host)

    def final(self, host, variable, otherwise=None):
        value = self.site.said(host, variable)
        return self.derived.get(host, {}).get(variable, otherwise) if value is None else value

    def agent_name(self, host):
        return self.site.said(host, "standin_agent_name", host)

    def url(self, host):
        return f"https://{self.final(host, 'standin_agent_listen')}"

    def part_of(self, machine, variable, group):
        """The agent that serves a machine: the one that is named, or the only one that there is."""
        named = self.site.said(machine, variable)
        hosts = self.site.members(group)
        return named if named is not None else self.agent_name(hosts[0]) if len(hosts) == 1 else None

    def _derive(self, host, variable, value):
        if value is not None and not self.site.says(host, variable):
            self.derived[host][variable] = value

    def _address(self, host, variable, port):
        """Where a part is reached, and by which names its certificate is."""
        said = self.site.said
        address = said(host, "standin_api_address", said(host, "ansible_host"))
        if address is None:
            return
        self._derive(host, variable, f"{address}:{said(host, 'standin_api_port', port) if variable == 'standin_agent_listen' else port}")
        self._derive(host, "standin_certificates_names", [f"IP:{address}", f"DNS:{host}"])

    def _agent(self, host):
        self._address(host, "standin_agent_listen", keys.AGENT_PORT)
        for group in self.site.parts_of(host):
            table, capability, _ = keys.PARTS[group]
            settings = _copied(self.site, host, table)
            getattr(self, "_" + capability)(host, settings)
            self._derive(host, f"standin_agent_{capability}", settings)

    def _hypervisor(self, host, settings):
        settings.setdefault("uri", "qemu:///system")
        settings.setdefault("stand_in_dir", f"{self._state_dir(host)}/stand-ins")

    def _switch(self, host, settings):
        """All that a switch needs is its own."""

    def _image_store(self, host, settings):
        settings.setdefault("images_dir", f"{self._state_dir(host)}/images")
        settings["disks"] = {}
        for machine in (*self.site.servers, *self.site.spares):
            if self.part_of(machine, "standin_image_store", "standin_image_stores") == self.agent_name(host):
                disk = {"path": self.site.said(machine, "standin_disk_path"), "serial": self.site.said(machine, "standin_disk_serial"),
                        "wwn": self.site.said(machine, "standin_disk_wwn")}
                settings["disks"][self._disk(machine)] = _without_none(disk)

    def _request_holder(self, host, settings):
        settings["jobs"] = {}
        for server in self.site.servers:
            if self.part_of(server, "standin_request_holder", "standin_request_holders") == self.agent_name(host):
                settings["jobs"][self._segment(server)] = self._held_job(server)

    def _held_job(self, server):
        said = self.site.said
        front, back = _map(said(server, "standin_holder_front")), _map(said(server, "standin_holder_back"))
        return _without_none({
            "front": {"interface": front.get("interface"), "address": said(server, "standin_address"), "gateway": said(server, "standin_gateway")},
            "back": {"interface": back.get("interface"), "address": back.get("address")},
            "ports": _map(said(server, "standin_job")).get("ports"),
            "limits": said(server, "standin_holder_limits"),
            "answer_wait": said(server, "standin_holder_answer_wait"),
            "order": said(server, "standin_holder_order"),
            "window": said(server, "standin_holder_window"),
            "http": said(server, "standin_holder_http")})

    def _state_dir(self, host):
        return self.site.said(host, "standin_agent_state_dir", f"{keys.STATE_DIR}/{self.agent_name(host)}")

    def _disk(self, machine):
        return self.site.said(machine, "standin_disk", machine)

    def _segment(self, server):
        return self.site.said(server, "standin_segment", server)

    def _coordinator(self, host):
        site = self.site
        self._address(host, "standin_coordinator_listen", keys.COORDINATOR_PORT)
        if site.agents:
            self._derive(host, "standin_coordinator_agents", {self.agent_name(agent): self._known_agent(agent) for agent in site.agents})
        if not site.servers:
            return
        secrets_dir = site.said(host, "standin_coordinator_secrets_dir",
                                f"{site.said(host, 'standin_coordinator_config_dir', '/etc/standin')}/secrets")
        self._derive(host, "standin_coordinator_servers", {server: self._server(server, secrets_dir) for server in site.servers})
        self._derive(host, "standin_coordinator_spares", {spare: self._spare(spare, secrets_dir) for spare in site.spares})
        self._derive(host, "standin_coordinator_secrets", [*site.said(host, "standin_secrets", []), *self._bmc_secrets(),
                                                            *self._community_secrets()])
        self._derive(host, "standin_coordinator_server_communities",
                     [{"file": f"{secrets_dir}/community-{server}", "servers": [server]} for server in self._with_community()] or None)
        self._derive(host, "standin_coordinator_trap_users",
                     [{**_map(site.said(server, "standin_trap_user")), "engine_id": site.said(server, "standin_engine_id"), "servers": [server]}
                      for server in site.servers if site.said(server, "standin_engine_id") is not None] or None)
        rows = [_without_none({"server": server, "spare": site.said(server, "standin_spare"), "image": site.said(server, "standin_spare_image")})
                for server in site.servers if site.said(server, "standin_spare") is not None]
        self._derive(host, "standin_spare_table_rows", rows)

    def _known_agent(self, host):
        return _without_none({"url": self.url(host), "restores_at_once": self.site.said(host, "standin_restores_at_once"),
                              "captures_at_once": self.site.said(host, "standin_captures_at_once")})

    def _server(self, server, secrets_dir):
        said = self.site.said
        front, back = _map(said(server, "standin_holder_front")), _map(said(server, "standin_holder_back"))
        settings = _copied(self.site, server, keys.SERVER)
        settings |= {
            "segment": self._segment(server), "disk": self._disk(server),
            "address": str(said(server, "standin_address", "")).split("/", maxsplit=1)[0],
            "vm_host": self.part_of(server, "standin_vm_host", "standin_vm_hosts"),
            "image_store": self.part_of(server, "standin_image_store", "standin_image_stores"),
            "switch": self.part_of(server, "standin_switch", "standin_lan_switches"),
            "request_holder": self.part_of(server, "standin_request_holder", "standin_request_holders"),
            "holder_ports": {"front": front.get("port"), "back": back.get("port"), "front_mac": front.get("mac")},
            "fence": {"policy": said(server, "standin_fence_policy", "port"), **self._power(server, secrets_dir)},
        }
        sources = said(server, "standin_trap_sources", None if said(server, "standin_trap_identities") else [said(server, "standin_bmc")])
        return _without_none(settings | {"trap_sources": sources})

    def _spare(self, spare, secrets_dir):
        return _without_none(_copied(self.site, spare, keys.SPARE) | {
            "disk": self._disk(spare), "power": self._power(spare, secrets_dir),
            "image_store": self.part_of(spare, "standin_image_store", "standin_image_stores"),
            "switch": self.part_of(spare, "standin_switch", "standin_lan_switches")}) | {
                "vm_host": self.site.said(spare, "standin_vm_host")}  # a spare that lends nothing says so

    def _power(self, machine, secrets_dir):
        said = self.site.said
        ladder = said(machine, "standin_power_ladder")
        if ladder is None:
            rung = {"agent": said(machine, "standin_bmc_agent", "fence_ipmilan"),
                    "options": {"ip": said(machine, "standin_bmc"), **_map(said(machine, "standin_bmc_options"))}}
            ladder = [rung | ({"password_file": f"{secrets_dir}/bmc-{machine}"} if self._has_password(machine) else {})]
        return _without_none({"ladder": ladder, "within": said(machine, "standin_power_within")})

    def _has_password(self, machine):
        return self.site.says(machine, "standin_bmc_password") or self.site.says(machine, "standin_bmc_password_file")

    def _bmc_secrets(self):
        said = self.site.said
        for machine in (*self.site.servers, *self.site.spares):
            if self._has_password(machine):
                yield _without_none({"name": f"bmc-{machine}", "content": said(machine, "standin_bmc_password"),
                                     "src": said(machine, "standin_bmc_password_file")})

    def _with_community(self):
        return [server for server in self.site.servers if self.site.says(server, "standin_trap_community")]

    def _community_secrets(self):
        for server in self._with_community():
            yield {"name": f"community-{server}", "content": self.site.said(server, "standin_trap_community")}


def _copied(site, host, table):
    return {key.target: site.said(host, key.variable) for key in table if key.target and site.said(host, key.variable) is not None}


def _map(value):
    return value if isinstance(value, dict) else {}


def _without_none(settings):
    return {key: value for key, value in settings.items() if value is not None}
