#!/usr/bin/python3
"""Operations: begins one, waits for its end, retries, closes, confirms a fence."""

DOCUMENTATION = """
module: standin_operation
short_description: Begins an operation, waits for its end, retries or closes it
description:
  - Waits until the operation has ended, and shows its steps as they end (the action plugin of the same name does).
  - An operation that does not end as it should is a failure, with its reason and cure.
  - In check mode the coordinator itself says whether it would accept the command.
options:
  url: {description: The coordinator., type: str, required: true}
  tls_dir: {description: Directory with ca.crt, tls.crt and tls.key of an operator., type: path, default: /etc/standin/tls/operator}
  timeout_s: {description: How long an answer may take., type: int, default: 30}
  state:
    description:
      - V(begun) begins one of a O(kind) for a O(server); the others are about the operation O(id).
      - V(ended) only waits. V(returned) gives a job back to its repaired O(server).
    type: str
    choices: [begun, ended, retried, closed, fence_confirmed, returned]
    default: begun
  id: {description: Number of the operation., type: int}
  kind: {description: What is begun., type: str, choices: [prepare, refresh, backup, failover]}
  server: {description: Whose., type: str}
  image: {description: Name of the new image., type: str}
  cause: {description: Why., type: str, default: ''}
  discard_data: {description: Whether writes that are nowhere else may be lost; a confirmer's right., type: bool, default: false}
  wait_s: {description: How long to wait for the end; 0 does not wait., type: int, default: 7200}
  seen: {description: 'For the action plugin: how many ended steps it has shown; -1 does not wait for another.', type: int, default: -1}
author: Standin
"""

EXAMPLES = """
- name: Fail server01 over
  standin_operation:
    url: https://198.51.100.10:8440
    kind: failover
    server: server01
    cause: its disks are replaced
"""

RETURN = """
operation: {description: 'The operation, as of GET /v1/operations/{id}.', returned: when there is one, type: dict}
timeline: {description: 'One line for each step, with the seconds since the failure.', returned: when there is one, type: list, elements: str}
"""

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible.module_utils.standin_client import ARGUMENTS, GOOD_ENDS, Refused, client_of, sentence_of, timeline_of  # noqa: E402

PATHS = {"retried": "retry", "closed": "close", "fence_confirmed": "fence-confirmation"}


def command(client, params):
    """(path, body) of the command; None if it only waits, or if what it would bring about is so."""
    if params["state"] == "begun":
        return "/v1/operations", {key: params[key] for key in ("kind", "server", "image", "cause") if params[key]}
    if params["state"] == "returned":
        return f"/v1/servers/{params['server']}/return", {"discard_data": params["discard_data"]}
    if params["state"] == "ended":
        return None
    if params["state"] == "closed" and not params["discard_data"] and client.operation(params["id"])["outcome"] == "closed":
        return None
    return f"/v1/operations/{params['id']}/{PATHS[params['state']]}", {"discard_data": True} if params["discard_data"] else None


def carry_out(client, params, check_mode):
    """The result, with the number of the operation that is waited for."""
    asked, number = command(client, params), params["id"]
    if asked is None:
        return {"changed": False}, number
    if check_mode:
        return {"changed": client.ask("POST", *asked, dry_run=True)[1]["changes"]}, None
    _, answer = client.ask("POST", *asked)
    if params["state"] == "returned":
        return {"changed": True, "server": answer}, None
    return {"changed": True}, number or answer["id"]


def main():
    module = AnsibleModule(
        supports_check_mode=True,
        required_if=[("state", "begun", ("kind", "server")), ("state", "returned", ("server",)), *[("state", each, ("id",)) for each in ("ended", *PATHS)]],
        argument_spec=ARGUMENTS | {
            "state": {"type": "str", "choices": ["begun", "ended", "retried", "closed", "fence_confirmed", "returned"], "default": "begun"},
            "id": {"type": "int"}, "kind": {"type": "str", "choices": ["prepare", "refresh", "backup", "failover"]}, "server": {"type": "str"},
            "image": {"type": "str"}, "cause": {"type": "str", "default": ""}, "discard_data": {"type": "bool", "default": False},
            "wait_s": {"type": "int", "default": 7200}, "seen": {"type": "int", "default": -1}})
    params = module.params
    try:
        client = client_of(module)
        result, number = carry_out(client, params, module.check_mode)
        if number is None or module.check_mode:
            module.exit_json(**result)
        # `seen` is the action plugin's: it wants to know as soon as there is another line to show.
        seen = params["seen"]
        operation = client.wait(number, params["wait_s"], lambda now: 0 <= seen < len(ended_steps(now)))
        result |= {"operation": operation, "timeline": timeline_of(operation)}
    except Refused as refusal:
        module.fail_json(msg=str(refusal))
    over = params["wait_s"] > 0 and seen < 0
    if operation["outcome"] not in (None, *GOOD_ENDS) or (operation["outcome"] is None and over):
        module.fail_json(msg=f"{sentence_of(operation)} (standinctl operation show {number})", **result)
    module.exit_json(**result)


def ended_steps(operation):
    return [step for step in operation["steps"] if step["end"]]


if __name__ == "__main__":
    main()
