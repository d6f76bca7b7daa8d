#!/usr/bin/python3
"""What a part of Standin says about itself and the site."""

DOCUMENTATION = """
module: standin_info
short_description: Asks the coordinator, or an agent, what it knows
description:
  - Changes nothing, also outside check mode.
options:
  url: {description: 'The part, e.g. C(https://198.51.100.10:8440).', type: str, required: true}
  tls_dir: {description: Directory with ca.crt, tls.crt and tls.key of the client., type: path, default: /etc/standin/tls/operator}
  timeout_s: {description: How long an answer may take., type: int, default: 30}
  gather:
    description: What is asked for; C(health) and C(jobs) are known to agents, too.
    type: list
    elements: str
    default: [servers, spares, spare_table, operations]
    choices: [servers, spares, spare_table, operations, images, agents, health, adoption, jobs]
  must_answer:
    description: Whether no answer is a failure; if not, RV(answered) says so.
    type: bool
    default: true
  well:
    description: Whether a health with a failed check is a failure; its message has what failed, and the cures.
    type: bool
    default: false
author: Standin
"""

EXAMPLES = """
- name: See which server has which spare
  standin_info:
    url: https://198.51.100.10:8440
    gather: [spare_table]
  register: known
"""

RETURN = """
answered: {description: Whether all questions were answered., returned: always, type: bool}
message: {description: Why not., returned: when it did not answer, type: str}
servers: {description: As of GET /v1/servers., returned: when asked for, type: list, elements: dict}
spares: {description: As of GET /v1/spares., returned: when asked for, type: list, elements: dict}
spare_table: {description: As of GET /v1/spare-table., returned: when asked for, type: list, elements: dict}
operations: {description: As of GET /v1/operations; the newest first., returned: when asked for, type: list, elements: dict}
images: {description: As of GET /v1/images., returned: when asked for, type: list, elements: dict}
agents: {description: As of GET /v1/agents., returned: when asked for, type: list, elements: dict}
health: {description: As of GET /v1/health., returned: when asked for, type: dict}
adoption: {description: As of GET /v1/adoption., returned: when asked for, type: dict}
jobs: {description: As of GET /v1/jobs of a request holder., returned: when asked for, type: list, elements: dict}
"""

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible.module_utils.standin_client import ARGUMENTS, Refused, client_of  # noqa: E402

PATHS = {"servers": "/v1/servers", "spares": "/v1/spares", "spare_table": "/v1/spare-table", "operations": "/v1/operations?limit=1000",
         "images": "/v1/images", "agents": "/v1/agents", "health": "/v1/health", "adoption": "/v1/adoption", "jobs": "/v1/jobs"}
CHOICES = list(PATHS)


def gathered(client, names):
    found = {}
    for name in names:
        answer = client.get(PATHS[name])
        found[name] = answer.get(name, answer.get("list", answer))
    return found


def failed_checks(health):
    failed = [check for check in health["checks"] if not check["ok"]]
    return "; ".join(f"{check['name']}: {check['detail']}" + (f" -> {check['cure']}" if check["cure"] else "") for check in failed)


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec=ARGUMENTS | {
        "gather": {"type": "list", "elements": "str", "choices": CHOICES, "default": ["servers", "spares", "spare_table", "operations"]},
        "must_answer": {"type": "bool", "default": True}, "well": {"type": "bool", "default": False}})
    if module.params["well"] and "health" not in module.params["gather"]:
        module.fail_json(msg="well is about the health: gather it, too")
    try:
        found = gathered(client_of(module), module.params["gather"])
        if module.params["well"] and not found["health"]["ok"]:
            module.fail_json(msg=f"{found['health']['agent']} is not well: {failed_checks(found['health'])}", **found)
        module.exit_json(changed=False, answered=True, **found)
    except Refused as refusal:
        if module.params["must_answer"]:
            module.fail_json(msg=str(refusal))
        module.exit_json(changed=False, answered=False, message=str(refusal))


if __name__ == "__main__":
    main()
