#!/usr/bin/python3
"""How long `site.yml --check` takes on the control host, by the number of servers.

usage: site_bench.py PROGRAMS [servers …]   (default: 10 50 200)
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PARTS = {"standin_vm_hosts": "vmhost1", "standin_image_stores": "store1", "standin_lan_switches": "switch1",
         "standin_request_holders": "holder1", "standin_coordinators": "coord1"}


def server(number):
    """Each in a network of 16 addresses of its own."""
    base = 16 * number
    address = f"10.{64 + (base >> 16)}.{base >> 8 & 255}.{base & 255 | 10}"
    return {"standin_vlan": 101 + number, "standin_address": f"{address}/28", "standin_mac": f"52:54:00:{number >> 8:02x}:{number & 255:02x}:0a",
            "standin_bmc": f"10.32.{number >> 8}.{number & 255}", "standin_port": f"p{number}", "standin_bmc_password": f"secret {number}",
            "standin_holder_front": {"port": f"h{number}f", "interface": f"h{number}f0", "mac": f"52:54:00:{number >> 8:02x}:{number & 255:02x}:f0"},
            "standin_holder_back": {"port": f"h{number}b", "interface": f"h{number}b0", "address": f"{address[:address.rindex('.')]}.{base & 255 | 11}/28"}}


def inventory(directory, programs, servers):
    """A site on this host, below a directory of its own."""
    children = {group: {"hosts": {host: {"ansible_host": f"127.79.0.{number}"}}} for number, (group, host) in enumerate(PARTS.items(), 1)}
    children["standin_servers"] = {"hosts": {f"srv{number:04}": server(number) for number in range(1, servers + 1)}}
    children["standin_spares"] = {"hosts": {"spare01": {"standin_mac": "52:54:00:ff:09:01", "standin_bmc": "10.33.0.1", "standin_port": "ps1",
                                                        "standin_bmc_password": "secret"}}}
    variables = {
        "ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "/usr/bin/python3",
        "standin_programs_build_dir": str(programs), "standin_programs_daemon_dir": f"{directory}/sbin", "standin_programs_client_dir": f"{directory}/bin",
        "standin_certificates_ca_host": "coord1", "standin_certificates_ca_dir": f"{directory}/ca",
        "standin_certificates_dir": f"{directory}/tls/" + "{{ standin_certificates_instance }}",
        "standin_agent_config_dir": f"{directory}/etc", "standin_agent_state_dir": f"{directory}/state/" + "{{ inventory_hostname }}",
        "standin_agent_manage_packages": False, "standin_agent_service_manager": "start_stop_daemon", "standin_agent_run_dir": f"{directory}/run",
        "standin_coordinator_config_dir": f"{directory}/etc", "standin_coordinator_state_dir": f"{directory}/state/coordinator",
        "standin_coordinator_packages": [], "standin_coordinator_service_manager": "start_stop_daemon", "standin_coordinator_run_dir": f"{directory}/run",
        "standin_coordinator_trap_communities": ["bench"],
        "standin_coordinator_allow_unauthenticated_traps": True,
        "standin_bridge": "br0", "standin_landing_vlan": 4000, "standin_quarantine_vlans": "3000-3999",
        "standin_disk_path": "/dev/disk/by-id/{{ inventory_hostname }}",
        "standin_job": {"ports": [443], "probe": {"tcp": {"port": 443}}, "data": "none"}, "standin_stand_in": {"memory": "4GiB"}}
    path = Path(directory) / "hosts.json"
    path.write_text(json.dumps({"all": {"vars": variables, "children": children}}))
    return path


def main():
    programs, sizes = Path(sys.argv[1]).resolve(), [int(word) for word in sys.argv[2:]] or [10, 50, 200]
    for servers in sizes:
        with tempfile.TemporaryDirectory(prefix="standin-site-bench-") as directory:
            path = inventory(directory, programs, servers)
            began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(["ansible-playbook", "-i", str(path), "playbooks/site.yml", "--check"], cwd=ROOT, capture_output=True, text=True,
                                  env=dict(os.environ, ANSIBLE_NOCOLOR="1"), check=False)
            took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode:
                raise SystemExit(done.stdout[-4000:] + done.stderr[-2000:])
            processor = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            print(json.dumps({"servers": servers, "seconds": round(took, 1), "processor_seconds": round(processor, 1),
                              "tasks": done.stdout.count("\nTASK [")}), flush=True)


if __name__ == "__main__":
    main()
