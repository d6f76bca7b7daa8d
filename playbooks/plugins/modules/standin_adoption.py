#!/usr/bin/python3
"""Lets a coordinator whose journal is new act."""

DOCUMENTATION = """
module: standin_adoption
short_description: Lets a coordinator whose journal is new go on from what it found, and act
description:
  - A coordinator whose journal is new observes only, until somebody agrees to go on from what it found.
options:
  url: {description: The coordinator., type: str, required: true}
  tls_dir: {description: Directory with ca.crt, tls.crt and tls.key of an operator., type: path, default: /etc/standin/tls/operator}
  timeout_s: {description: How long an answer may take., type: int, default: 30}
  mark: {description: 'The mark of what was found, as M(standin_info) gathers it.', type: str, required: true}
author: Standin
"""

EXAMPLES = """
- name: Adopt the new site
  standin_adoption:
    url: https://198.51.100.10:8440
    mark: "{{ found.adoption.mark }}"
"""

RETURN = """
adoption: {description: As of GET /v1/adoption., returned: success, type: dict}
"""

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible.module_utils.standin_client import ARGUMENTS, Refused, client_of  # noqa: E402


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec=ARGUMENTS | {"mark": {"type": "str", "required": True}})
    try:
        client = client_of(module)
        found = client.get("/v1/adoption")
        changed = found["state"] != "adopted"
        if changed and not module.check_mode:
            found = client.ask("POST", "/v1/adoption", {"mark": module.params["mark"]})[1]
    except Refused as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(changed=changed, adoption=found)


if __name__ == "__main__":
    main()
