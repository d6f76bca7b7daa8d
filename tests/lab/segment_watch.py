#!/usr/bin/python3
"""Watches, from outside Standin, which machine's port is in a VLAN: one JSON line per transaction of the switch's database that
changed it, with the ports that are in it since then. `owners` are all of them but the client's and the request holder's back
legs: over those it is a client of the job itself and has another address.

usage: segment_watch.py VLAN LOG   (until SIGTERM)
"""

import json
import socket
import sys
import time

DATABASE = "/run/openvswitch/db.sock"
CLIENT_PORTS = ("sl-c1", "sl-c2", "sl-h1b", "sl-h2b")


def ports_of(updates, ports):
    """Brings name and tag of each row up to date."""
    for row, update in updates.get("Port", {}).items():
        if "new" in update:
            ports[row] = (update["new"]["name"], update["new"]["tag"])
        else:
            ports.pop(row, None)


def owners(ports, vlan):
    return sorted(name for name, tag in ports.values() if tag == vlan and name not in CLIENT_PORTS)


def messages(connection):
    """Whole JSON values out of a stream that does not separate them."""
    decoder = json.JSONDecoder()
    text = ""
    while True:
        received = connection.recv(65536).decode()
        if not received:
            return
        text += received
        while text:
            try:
                message, end = decoder.raw_decode(text)
            except ValueError:
                break
            text = text[end:].lstrip()
            yield message


def main():
    vlan = int(sys.argv[1])
    ports, last = {}, None
    with socket.socket(socket.AF_UNIX) as connection, open(sys.argv[2], "a", encoding="utf-8") as log:
        connection.connect(DATABASE)
        ask = {"id": "watch", "method": "monitor", "params": ["Open_vSwitch", None, {"Port": {"columns": ["name", "tag"]}}]}
        connection.sendall(json.dumps(ask).encode())
        for message in messages(connection):
            if message.get("method") == "echo":
                connection.sendall(json.dumps({"id": message["id"], "result": message["params"], "error": None}).encode())
                continue
            ports_of(message["result"] if message.get("id") == "watch" else message["params"][1], ports)
            now = owners(ports, vlan)
            if now != last:
                log.write(json.dumps({"at": round(time.time(), 6), "owners": now}) + "\n")
                log.flush()
            last = now


if __name__ == "__main__":
    main()
