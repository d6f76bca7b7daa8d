#!/usr/bin/python3
"""Suppresses automatic failover of a server."""

DOCUMENTATION = """
module: standin_maintenance
short_description: Suppresses automatic failover of a server, or allows it again
description:
  - While a server is in maintenance, its failures start nothing. In check mode the coordinator says whether anything would change.
options:
  url: {description: The coordinator., type: str, required: true}
  tls_dir: {description: Directory with ca.crt, tls.crt and tls.key of an operator., type: path, default: /etc/standin/tls/operator}
  timeout_s: {description: How long an answer may take., type: int, default: 30}
  server: {description: The server., type: str, required: true}
  state: {description: Whether its failures start nothing., type: str, choices: ['on', 'off'], required: true}
  why: {description: What is shown to whoever wonders., type: str, default: ''}
author: Standin
"""

EXAMPLES = """
- name: Leave server01 alone while its fan is replaced
  standin_maintenance:
    url: https://198.51.100.10:8440
    server: server01
    state: 'on'
    why: a fan is replaced
"""

RETURN = """
maintenance: {description: Whether it is in maintenance now., returned: always, type: bool}
"""

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible.module_utils.standin_client import ARGUMENTS, Refused, client_of  # noqa: E402


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec=ARGUMENTS | {
        "server": {"type": "str", "required": True}, "state": {"type": "str", "choices": ["on", "off"], "required": True},
        "why": {"type": "str", "default": ""}})
    params = module.params
    path, body = f"/v1/servers/{params['server']}", {"on": params["state"] == "on", "why": params["why"]}
    try:
        client = client_of(module)
        before = client.get(path)
        changed = client.ask("PUT", path + "/maintenance", body, dry_run=True)[1]["changes"]
        if changed and not module.check_mode:
            client.ask("PUT", path + "/maintenance", body)
    except Refused as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(changed=changed, maintenance=body["on"] if changed and not module.check_mode else before["maintenance"],
                     diff={"before": {"maintenance": before["maintenance"], "why": before["maintenance_why"]},
                           "after": {"maintenance": body["on"], "why": (body["why"] or None) if body["on"] else before["maintenance_why"]} if changed
                           else {"maintenance": before["maintenance"], "why": before["maintenance_why"]}})


if __name__ == "__main__":
    main()
