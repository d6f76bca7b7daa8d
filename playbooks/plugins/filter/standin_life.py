"""Filters for the life cycle of a site: what would be forgotten, and how well its parts are."""



def standin_forgotten(known, servers, spares):
    """Sentences about machines that the coordinator has to do with and that its new configuration would not name.

    `known` is what the module standin_info gathered; if the coordinator did not answer, `known.configured` has the machines
    of the configuration that it runs with: then nobody knows whether they are needed.
    """
    found = {}

    def say(kind, name, what):
        if name and name not in (servers if kind == "server" else spares):
            found.setdefault((kind, name), what)

    if not known.get("answered"):
        for kind in ("server", "spare"):
            for name in known.get("configured", {}).get(f"{kind}s") or ():
                say(kind, name, f"is configured, and whether it is needed could not be found out ({known.get('message', 'no answer')})")
    for operation in known.get("operations", ()):
        if operation["outcome"] is None or (operation["open"] and operation["outcome"] == "needs_operator"):
            what = f"is needed by {operation['kind']} {operation['id']}, which is {operation['state']}"
            say("server", operation["server"], what)
            say("spare", operation["spare"], what)
    for row in known.get("spare_table", ()):
        say("server", row["server"], f"has a row in the spare table (spare {row['spare']})")
        say("spare", row["spare"], f"is the spare of server {row['server']}")
    for spare in known.get("spares", ()):
        if spare.get("lease"):
            say("spare", spare["name"], f"is leased ({spare['lease'].get('reason') or 'to server ' + str(spare['lease'].get('server'))})")
    for server in known.get("servers", ()):
        if server["runs_on"]["on"] not in ("server", "nobody"):
            say("server", server["name"], f"has its job on a {server['runs_on']['on'].replace('_', '-')}")
    return [f"{kind} '{name}' {what}, and is missing from the inventory: put it back into the group standin_{kind}s, or take it out of the site "
            f"in order: ansible-playbook playbooks/remove.yml -e standin_remove={name} -e standin_confirm=yes"
            for (kind, name), what in sorted(found.items())]


def standin_health_rows(hostvars, hosts):
    """One row for each part: {part, ok, checks, warnings, problems}; a host that is agent and coordinator in one has two."""
    rows = []
    for host in hosts:
        for part in ("agent", "coordinator"):
            name = f"__standin_health_{part}"
            if name not in hostvars[host]:
                continue
            answer = hostvars[host][name]
            if answer.get("skipped"):
                continue
            health = answer.get("health") or {}
            problems = [] if health else [{"name": "answer", "detail": answer.get("message") or answer.get("msg") or "the host was not reached",
                                           "cure": f"see that it runs and is reached: ansible-playbook playbooks/site.yml --limit {host}"}]
            problems += [{key: check.get(key, "") for key in ("name", "detail", "cure")} for check in health.get("checks", ()) if not check["ok"]]
            warnings = list(health.get("warnings", ()))
            if part == "coordinator":
                warnings += list(_site_warnings(answer, health.get("warnings", ())))
            rows.append({"part": host if part == "agent" else f"{host} (coordinator)", "host": host, "kind": part, "ok": not problems,
                         "checks": [check["name"] for check in health.get("checks", ())], "problems": problems, "warnings": warnings})
    asked = {row["host"] for row in rows}
    return rows + [{"part": host, "host": host, "kind": "host", "ok": False, "checks": [], "warnings": [],
                    "problems": [{"name": "answer", "detail": "the host was not reached",
                                  "cure": f"see that it runs and is reached: ansible-playbook playbooks/site.yml --limit {host}"}]}
                   for host in hosts if host not in asked]


def _site_warnings(answer, said):
    """What concerns the protection of servers and is no failed check; `said` has the coordinator's own warnings."""
    for server in answer.get("servers", ()):
        name, row = server["name"], server.get("spare_table")
        if any(f"'{name}'" in line and ("spare" in line or "stand-in" in line) for line in said):
            continue
        if row is None or not row["standin_ready"] or row["stale"]:
            yield f"server '{name}' has no ready stand-in" + (f": {row['note']}" if row and row.get("note") else "")
    for server in answer.get("servers", ()):
        if server.get("maintenance"):
            yield f"server '{server['name']}' is in maintenance, so its failures start nothing: {server.get('maintenance_why') or 'no reason was said'}"
        limit, age = server.get("image_age_limit_s"), server.get("image_age_s")
        if limit and age and limit * 4 // 5 < age <= limit:
            yield f"the image of server '{server['name']}' is {age // 86400} days old; its limit is {limit // 86400} days"
        if server.get("job_answers") is False:
            yield f"the job of server '{server['name']}' does not answer since {server.get('job_silent_since')}"
        for condition in server.get("degraded", ()):
            yield f"server '{server['name']}' is degraded: {condition.get('reason')}"


class FilterModule:
    """Ansible's door to them."""

    def filters(self):
        return {"standin_forgotten": standin_forgotten, "standin_health_rows": standin_health_rows}
