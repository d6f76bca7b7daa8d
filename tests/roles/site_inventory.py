"""A small site for tests of the roles: an agent and a coordinator on this host, below a directory and at an address of their own."""

import json
from pathlib import Path


def write(directory, address, programs):
    """Writes the inventory and what it names; answers the inventory's path."""
    directory = Path(directory)
    (directory / "inventory").mkdir(parents=True)
    (directory / "disks").mkdir()
    for disk in ("server01", "spare01"):
        (directory / "disks" / f"{disk}.raw").write_bytes(b"\0" * 65536)
    secret = directory / "password"
    secret.write_text("a secret of the tests\n")
    secret.chmod(0o600)
    ladder = [{"agent": "fence_ipmilan", "options": {"ip": address, "username": "admin", "lanplus": 1, "cipher": 3},
               "password_file": str(directory / "etc/secrets/bmc")}]
    spare_ladder = [dict(ladder[0], options=dict(ladder[0]["options"], ipport=6231))]
    inventory = {"all": {
        "vars": {
            "ansible_connection": "local",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_become": False,
            "standin_programs_build_dir": str(programs),
            "standin_programs_daemon_dir": str(directory / "sbin"),
            "standin_programs_client_dir": str(directory / "bin"),
            "standin_certificates_ca_host": "machine",
            "standin_certificates_ca_dir": str(directory / "ca"),
            "standin_certificates_dir": str(directory / "etc/tls") + "/{{ standin_certificates_instance }}",
        },
        "children": {
            "standin_machines": {"hosts": {"machine": {}}},
            "standin_agents": {"hosts": {"store": {
                "standin_certificates_names": [f"IP:{address}"],
                "standin_agent_listen": f"{address}:8441",
                "standin_agent_image_store": {
                    "images_dir": str(directory / "images"),
                    "disks": {name: {"path": str(directory / f"disks/{name}.raw")} for name in ("server01", "spare01")},
                    "block_size": "64KiB", "least_free": "1MiB"},
                "standin_agent_program": str(directory / "sbin/standin-agent"),
                "standin_agent_config_dir": str(directory / "etc"),
                "standin_agent_state_dir": str(directory / "state/store"),
                "standin_agent_tls_dir": str(directory / "etc/tls/store"),
                "standin_agent_manage_packages": False,
                "standin_agent_service_manager": "start_stop_daemon",
                "standin_agent_run_dir": str(directory / "run"),
                "standin_agent_log_dir": str(directory / "log"),
            }}},
            "standin_coordinators": {"hosts": {"coordinator": {
                "standin_certificates_names": [f"IP:{address}"],
                "standin_coordinator_name": "roles-test",
                "standin_coordinator_listen": f"{address}:8440",
                "standin_coordinator_packages": [],
                "standin_coordinator_traps_listen": [f"{address}:1162"],
                "standin_coordinator_trap_communities": ["of-the-tests"],
                "standin_coordinator_allow_unauthenticated_traps": True,
                "standin_coordinator_secrets": [{"name": "bmc", "src": str(secret)}],
                "standin_coordinator_agents": {"store": {"url": f"https://{address}:8441"}},
                "standin_coordinator_servers": {"server01": {
                    "segment": "job01", "vlan": 101, "address": "10.99.1.10", "mac": "52:54:00:99:01:0a",
                    "job": {"ports": [8080], "probe": {"http": {"port": 8080, "path": "/health", "expect": 200}},
                            "answer_within": "5s", "drain_within": "60s", "data": "local", "accepts_rollback": True},
                    "vm_host": "store", "image_store": "store", "switch": "store", "request_holder": "store",
                    "disk": "server01", "port": "rt-server01",
                    "holder_ports": {"front": "rt-f", "back": "rt-b", "front_mac": "52:54:00:99:01:f0"},
                    "fence": {"policy": "port", "ladder": ladder, "within": "20s"},
                    "trap_sources": [address],
                    "stand_in": {"memory": "192MiB", "maximum_memory": "384MiB", "vcpus": 1, "maximum_vcpus": 2, "weight": 100}}},
                "standin_coordinator_spares": {"spare01": {
                    "disk": "spare01", "image_store": "store", "switch": "store", "port": "rt-spare01", "mac": "52:54:00:99:09:01",
                    "power": {"ladder": spare_ladder, "within": "20s"}, "boot_within": "120s", "vm_host": None}},
                "standin_coordinator_program": str(directory / "sbin/standin-coordinator"),
                "standin_coordinator_config_dir": str(directory / "etc"),
                "standin_coordinator_state_dir": str(directory / "state/coordinator"),
                "standin_coordinator_service_manager": "start_stop_daemon",
                "standin_coordinator_run_dir": str(directory / "run"),
                "standin_coordinator_log_dir": str(directory / "log"),
            }}},
        }}}
    path = directory / "inventory" / "hosts.json"
    path.write_text(json.dumps(inventory, indent=1))
    return path


def lab_state(directory):
    """A directory with what inventory/lab finds in the lab's; answers it."""
    secrets = Path(directory) / "secrets"
    secrets.mkdir(parents=True)
    for name in ("communities", "snmp-authentication", "snmp-privacy", *(f"bmc-{machine}.password" for machine in ("server01", "server02", "spare01"))):
        (secrets / name).write_text("of the tests\n")
    return Path(directory)
