#!/usr/bin/python3
"""Images of servers."""

DOCUMENTATION = """
module: standin_image
short_description: Captures, verifies or deletes an image
description:
  - A capture of a server that has a spare is a refresh, so that its stand-in is remade where the image differs.
  - 'A capture goes on after this module has ended: M(standin_operation) waits for its end.'
options:
  url: {description: The coordinator., type: str, required: true}
  tls_dir: {description: Directory with ca.crt, tls.crt and tls.key of an operator., type: path, default: /etc/standin/tls/operator}
  timeout_s: {description: How long an answer may take., type: int, default: 30}
  state:
    description: V(captured) has the server captured, V(intact) has the image's blocks compared with their checksums, V(absent) deletes the image.
    type: str
    choices: [captured, intact, absent]
    default: captured
  server: {description: The server; needed with O(state=captured)., type: str}
  younger_than_hours: {description: A server whose newest image is younger is left alone; 0 captures it always., type: int, default: 0}
  image: {description: The image; needed with the other states., type: str}
  wait_s: {description: How long reading the image may take., type: int, default: 7200}
author: Standin
"""

EXAMPLES = """
- name: Capture server01 unless it has an image of today
  standin_image:
    url: https://198.51.100.10:8440
    server: server01
    younger_than_hours: 24
"""

RETURN = """
operation: {description: Number of the operation that captures it., returned: when one was begun, type: int}
"""

import datetime  # noqa: E402
import time  # noqa: E402

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible.module_utils.standin_client import ARGUMENTS, Refused, client_of  # noqa: E402


def is_fresh(images, disk, hours, now):
    """Moments of RFC 3339 in UTC sort as text."""
    since = (now - datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S")
    return hours > 0 and any(image["disk"] == disk and image["state"] == "ready" and image["created_at"] > since for image in images)


def capture(client, params, check_mode):
    server = client.get(f"/v1/servers/{params['server']}")
    now = datetime.datetime.now(datetime.timezone.utc)
    if params["younger_than_hours"] and is_fresh(client.get("/v1/images")["images"], server["disk"], params["younger_than_hours"], now):
        return {"changed": False}
    order = {"kind": "refresh" if server["spare_table"] else "backup", "server": params["server"]}
    if check_mode:
        return {"changed": client.ask("POST", "/v1/operations", order, dry_run=True)[1]["changes"]}
    return {"changed": True, "operation": client.ask("POST", "/v1/operations", order)[1]["id"]}


def verify(client, params, check_mode):
    """Reading it changes nothing."""
    path = f"/v1/images/{params['image']}/verification"
    if check_mode:
        return {"changed": False}
    found, deadline = client.ask("POST", path)[1], time.monotonic() + params["wait_s"]
    while found["state"] in ("waiting", "reading") and time.monotonic() < deadline:
        time.sleep(1)
        found = client.get(path)
    if found["state"] != "intact":
        raise Refused(f"image '{params['image']}' is {found['state']}: {found.get('problem') or str(found.get('damaged_blocks')) + ' damaged blocks'}")
    return {"changed": False}


def remove(client, params, check_mode):
    image = next((image for image in client.get("/v1/images")["images"] if image["id"] == params["image"]), None)
    if image is None:
        return {"changed": False}
    if image.get("used_by"):
        raise Refused(f"image '{params['image']}' is used by {', '.join(image['used_by'])}")
    if not check_mode:
        client.ask("DELETE", f"/v1/images/{params['image']}")
    return {"changed": True, "diff": {"before": {"image": params["image"]}, "after": {}}}


def main():
    module = AnsibleModule(
        supports_check_mode=True,
        required_if=[("state", "captured", ("server",)), ("state", "intact", ("image",)), ("state", "absent", ("image",))],
        argument_spec=ARGUMENTS | {
            "state": {"type": "str", "choices": ["captured", "intact", "absent"], "default": "captured"}, "server": {"type": "str"},
            "younger_than_hours": {"type": "int", "default": 0}, "image": {"type": "str"}, "wait_s": {"type": "int", "default": 7200}})
    work = {"captured": capture, "intact": verify, "absent": remove}[module.params["state"]]
    try:
        module.exit_json(**work(client_of(module), module.params, module.check_mode))
    except Refused as refusal:
        module.fail_json(msg=str(refusal))


if __name__ == "__main__":
    main()
