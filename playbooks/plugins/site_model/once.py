"""What belongs to one machine only."""

# Of a BMC's options these say how it is asked, not which it is.
_MANNERS = ("username", "lanplus", "cipher")


def only_once(machines, complaints):
    seen = {}

    def claim(what, value, machine, target):
        if value in (None, "", []):
            return
        first = seen.setdefault((what, str(value).lower()), machine)
        if first != machine:
            complaints.add(*machines.where(machine, target), f"is the {what} '{value}' of '{first}' already", "give each machine its own")

    for name, each in (*machines.servers.items(), *machines.spares.items()):
        claim("UUID", each.get("uuid"), name, "uuid")
        claim("MAC address", each.get("mac"), name, "mac")
        claim(f"port at switch '{each.get('switch')}'", each.get("port"), name, "port")
        claim(f"disk at image store '{each.get('image_store')}'", each.get("disk"), name, "disk")
        for target, what in (("vlan", "VLAN"), ("segment", "segment"), ("address", "address")):
            claim(what, each.get(target), name, target)
        power = each.get("fence") or each.get("power") or {}
        for rung in power.get("ladder") or []:
            if isinstance(rung, dict) and isinstance(rung.get("options"), dict):
                claim("BMC", ", ".join(f"{key} {value}" for key, value in sorted(rung["options"].items())
                                       if key not in _MANNERS), name, "trap_sources")
    for name in set(machines.servers) & set(machines.spares):
        complaints.add(*machines.where(name, "mac"), f"is said of '{name}', which is a server and a spare", "let it be one of both")
    store_of = {name: each.get("image_store") for name, each in (*machines.servers.items(), *machines.spares.items())}
    for machine in (*machines.site.servers, *machines.site.spares):
        path = machines.site.said(machine, "standin_disk_path")
        first = seen.setdefault((store_of.get(machine), path), machine)
        if path and first != machine:
            complaints.add(machine, "standin_disk_path", f"is the disk '{path}' of '{first}' already", "give each machine its own")
