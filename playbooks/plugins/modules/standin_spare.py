#!/usr/bin/python3
"""A row of the spare table."""

DOCUMENTATION = """
module: standin_spare
short_description: Says which spare stands for which server
description:
  - Sets or removes a server's row of the spare table. Setting it begins to prepare the stand-in.
  - In check mode the coordinator itself says whether it would accept the change.
options:
  url: {description: The coordinator., type: str, required: true}
  tls_dir: {description: Directory with ca.crt, tls.crt and tls.key of an operator., type: path, default: /etc/standin/tls/operator}
  timeout_s: {description: How long an answer may take., type: int, default: 30}
  server: {description: The server., type: str, required: true}
  spare: {description: The spare; needed with O(state=present)., type: str}
  image: {description: 'Image to use; without it the row''s own, or else the newest.', type: str}
  state: {description: Whether there is a row., type: str, choices: [present, absent], default: present}
  wait_s: {description: How long to wait for the end of what begins; 0 does not wait., type: int, default: 600}
author: Standin
"""

EXAMPLES = """
- name: Let spare01 stand for server01
  standin_spare:
    url: https://198.51.100.10:8440
    server: server01
    spare: spare01
"""

RETURN = """
operation: {description: Number of the operation that this began or that goes on already., returned: when there is one, type: int}
row: {description: 'The row, as of GET /v1/spare-table.', returned: when there is one, type: dict}
"""

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible.module_utils.standin_client import ARGUMENTS, GOOD_ENDS, Refused, client_of, sentence_of  # noqa: E402

SHOWN = ("spare", "image", "standin_ready")


def row_of(client, server):
    return next((row for row in client.get("/v1/spare-table")["spare_table"] if row["server"] == server), None)


def shown(row):
    return {key: row[key] for key in SHOWN} if row else {}


def wished(params, row):
    """What the row would be; the coordinator chooses an image that is not said."""
    return {"spare": params["spare"], "image": params["image"] or (row or {}).get("image") or "the newest", "standin_ready": True}


def apply(client, params, check_mode):
    """(changed, before, after, operation)"""
    path, row = f"/v1/spare-table/{params['server']}", row_of(client, params["server"])
    if params["state"] == "absent":
        _, answer = client.ask("DELETE", path, dry_run=True)
        if check_mode or not answer.get("changes"):
            return bool(answer.get("changes")), shown(row), {}, None
        return True, shown(row), {}, client.ask("DELETE", path)[1].get("operation")
    body = {key: params[key] for key in ("spare", "image") if params[key]}
    changes = client.ask("PUT", path, body, dry_run=True)[1]["changes"]
    operation = None if check_mode else client.ask("PUT", path, body)[1].get("operation")
    return changes, shown(row), wished(params, row) if changes or operation else shown(row), operation


def main():
    module = AnsibleModule(supports_check_mode=True, required_if=[("state", "present", ("spare",))], argument_spec=ARGUMENTS | {
        "server": {"type": "str", "required": True}, "spare": {"type": "str"}, "image": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"}, "wait_s": {"type": "int", "default": 600}})
    params = module.params
    try:
        client = client_of(module)
        changed, before, after, operation = apply(client, params, module.check_mode)
        result = {"changed": changed, "diff": {"before": before, "after": after, "before_header": params["server"], "after_header": params["server"]}}
        if operation is not None:
            result["operation"] = operation
            if params["wait_s"]:
                ended = client.wait(operation, params["wait_s"])
                if ended["outcome"] not in GOOD_ENDS:
                    module.fail_json(msg=f"{sentence_of(ended)} (standinctl operation show {operation})", **result)
        if not module.check_mode:
            row = row_of(client, params["server"])
            result |= {"row": row} if row else {}
    except Refused as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
