"""Every variable of the site model, in one table per kind of host. A further key of a machine is one line here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    variable: str
    kind: str = "text"       # how it is checked; see kinds.py
    target: str = ""         # the key of the part's configuration that gets the value as it is; empty: derive.py uses it
    required: bool = False
    example: str = ""        # what a right value looks like, for messages and the README


# What servers and spares have in common.
_MACHINE = (
    Key("standin_mac", "mac", "mac", True, '"52:54:00:00:01:0a"'),
    Key("standin_port", "name", "port", True, "p1"),
    Key("standin_disk", "name", "", False, "srv01"),
    Key("standin_disk_path", "path", "", True, "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"),
    Key("standin_uuid", "text", "uuid", False, "4c4c4544-0031-3010-8056-b4c04f4d3232"),
    Key("standin_image_store", "agent", "image_store", False, "store1"),
    Key("standin_switch", "agent", "switch", False, "switch1"),
    Key("standin_boot_within", "duration", "boot_within", False, "2min"),
    Key("standin_bmc", "address", "", False, "192.0.2.11"),
    Key("standin_bmc_agent", "text", "", False, "fence_ipmilan"),
    Key("standin_bmc_options", "map", "", False, "{username: admin, lanplus: 1}"),
    Key("standin_bmc_password", "secret", "", False, '"{{ vault_bmc_passwords[inventory_hostname] }}"'),
    Key("standin_bmc_password_file", "path", "", False, "/root/bmc.password"),
    Key("standin_power_ladder", "maps", "", False, "[{agent: fence_ipmilan, options: {…}, password_file: …}]"),
    Key("standin_power_within", "duration", "", False, "20s"),
)

SERVER = _MACHINE + (
    Key("standin_segment", "name", "segment", False, "job01"),
    Key("standin_vlan", "vlan", "vlan", True, "101"),
    Key("standin_address", "network", "", True, "203.0.113.26/28"),
    Key("standin_gateway", "address", "", False, "203.0.113.17"),
    Key("standin_job", "map", "job", True, "{ports: [443], probe: {tcp: {port: 443}}, data: none}"),
    Key("standin_stand_in", "map", "stand_in", True, "{memory: 4GiB, vcpus: 2}"),
    Key("standin_vm_host", "agent", "vm_host", False, "vmhost1"),
    Key("standin_request_holder", "agent", "request_holder", False, "holder1"),
    Key("standin_disk_serial", "text", "", False, "S3Z9NB0K"),
    Key("standin_disk_wwn", "text", "", False, '"0x5000c500a1b2c3d4"'),
    Key("standin_fence_policy", "policy", "", False, "port"),
    Key("standin_evidence", "map", "evidence", False, "{policy: silence, kinds: {memory: operator}}"),
    Key("standin_fence_always", "flag", "fence_always", False, "true"),
    Key("standin_trap_sources", "list", "", False, "[192.0.2.11]"),
    Key("standin_trap_identities", "list", "trap_identities", False, '["4c4c4544-0042-…"]'),
    Key("standin_engine_id", "text", "", False, '"0x80000c6f0473727631"'),
    Key("standin_trap_user", "map", "", False, "{name: bmc, authentication: SHA-256, authentication_file: …}"),
    Key("standin_trap_community", "secret", "", False, '"{{ vault_trap_communities[inventory_hostname] }}"'),
    Key("standin_trap_test_command", "path", "trap_test_command", False, "/usr/local/sbin/send-test-trap"),
    Key("standin_holder_front", "map", "", True, '{port: h1f, interface: eth1, mac: "52:54:00:00:01:f0"}'),
    Key("standin_holder_back", "map", "", True, "{port: h1b, interface: eth2, address: 203.0.113.27/28}"),
    Key("standin_holder_limits", "map", "", False, "{connections: 4096, bytes: 64MiB, age: 120s}"),
    Key("standin_holder_answer_wait", "duration", "", False, "50ms"),
    Key("standin_holder_order", "text", "", False, "strict"),
    Key("standin_holder_window", "number", "", False, "64"),
    Key("standin_holder_http", "map", "", False, "{ports: [80], idle: 60s}"),
    Key("standin_rack", "text", "rack", False, '"1"'),
    Key("standin_priority", "number", "priority", False, "9"),
    Key("standin_shutdown_within", "duration", "shutdown_within", False, "2min"),
    Key("standin_shutdown_command", "path", "shutdown_command", False, "/usr/local/sbin/shut-down-in-order"),
    Key("standin_image_age_limit", "duration", "image_age_limit", False, "30d"),
    Key("standin_spare", "name", "", False, "spare01"),
    Key("standin_spare_image", "text", "", False, "srv01-7"),
)

SPARE = _MACHINE + (
    Key("standin_disk_serial", "text", "disk_serial", False, "S3Z9NB0K"),
    Key("standin_disk_wwn", "text", "disk_wwn", False, '"0x5000c500a1b2c3d4"'),
    Key("standin_uuid_required", "flag", "uuid_required", False, "true"),
    Key("standin_vm_host", "agent", "vm_host", False, "vmhost2"),
)

# The address of an agent or coordinator; what certificates name and where others find it.
PART = (
    Key("standin_api_address", "address", "", False, "198.51.100.11"),
    Key("standin_api_port", "number", "", False, "8441"),
)

VM_HOST = (
    Key("standin_bridge", "text", "bridge", True, "br0"),
    Key("standin_landing_vlan", "vlan", "landing_vlan", True, "4000"),
    Key("standin_libvirt_uri", "text", "uri", False, "qemu:///system"),
    Key("standin_stand_in_dir", "path", "stand_in_dir", False, "/var/lib/standin/vmhost1/stand-ins"),
    Key("standin_memory", "size", "", False, "64GiB"),
    Key("standin_reserve_memory", "size", "reserve_memory", False, "8GiB"),
    Key("standin_acceleration", "text", "acceleration", False, "kvm"),
    Key("standin_network_offloads", "flag", "network_offloads", False, "true"),
    Key("standin_sign_of_life_within", "duration", "sign_of_life_within", False, "60s"),
    Key("standin_stop_within", "duration", "stop_within", False, "10s"),
    Key("standin_vcpus_per_cpu", "number", "vcpus_per_cpu", False, "4"),
    Key("standin_run_at_once", "number", "run_at_once", False, "0"),
)

IMAGE_STORE = (
    Key("standin_images_dir", "path", "images_dir", False, "/var/lib/standin/store1/images"),
    Key("standin_block_size", "size", "block_size", False, "64KiB"),
    Key("standin_transfers_at_once", "number", "transfers_at_once", False, "2"),
    Key("standin_transfers_waiting", "number", "transfers_waiting", False, "64"),
    Key("standin_bandwidth_per_second", "size", "bandwidth_per_second", False, "200MiB"),
    Key("standin_least_free", "size", "least_free", False, "1GiB"),
    Key("standin_restores_at_once", "number", "", False, "4"),
    Key("standin_captures_at_once", "number", "", False, "1"),
)

LAN_SWITCH = (
    Key("standin_bridge", "text", "bridge", True, "br0"),
    Key("standin_ovsdb", "path", "ovsdb", False, "/run/openvswitch/db.sock"),
    Key("standin_openflow", "path", "openflow", False, "/run/openvswitch/br0.mgmt"),
    Key("standin_quarantine_vlans", "range", "quarantine_vlans", True, "3000-3999"),
)

COORDINATOR = (
    Key("standin_secrets", "maps", "", False, '[{name: communities, content: "{{ vault_communities }}"}]'),
)

# group: (its keys, the capability that its hosts have, the word for one of its hosts)
PARTS = {
    "standin_vm_hosts": (VM_HOST, "hypervisor", "VM host"),
    "standin_image_stores": (IMAGE_STORE, "image_store", "image store"),
    "standin_lan_switches": (LAN_SWITCH, "switch", "switch"),
    "standin_request_holders": ((), "request_holder", "request holder"),
}

# The keys of maps, so that a misspelt one is named with the nearest.
NESTED = {
    "standin_job": {"ports", "probe", "answer_within", "clock_within", "drain_within", "data", "accepts_rollback"},
    "standin_stand_in": {"memory", "maximum_memory", "vcpus", "maximum_vcpus", "weight", "grown_weight", "firmware"},
    "standin_holder_front": {"port", "interface", "mac"},
    "standin_holder_back": {"port", "interface", "address"},
    "standin_holder_limits": {"connections", "bytes", "connection_bytes", "client_connections", "age", "patience", "proxied"},
    "standin_holder_http": {"ports", "header_bytes", "body_bytes", "header_wait", "body_wait", "idle", "answer_wait", "retry_after"},
    "standin_evidence": {"policy", "kinds", "shortest_window", "longest_window", "silent_after", "decide_within", "suspicion"},
    "standin_trap_user": {"name", "authentication", "authentication_file", "privacy", "privacy_file"},
}

# What has to be known before a server is fenced: the values of standin_evidence's policy and kinds.
EVIDENCE_POLICIES = ("trap", "silence", "power", "operator")

# What the coordinator knows of a machine; for tables that are written out in standin_coordinator_servers and _spares.
SERVER_TARGETS = {key.target for key in SERVER if key.target} | {"address", "disk", "holder_ports", "fence", "trap_sources"}
SPARE_TARGETS = {key.target for key in SPARE if key.target} | {"disk", "power"}

# What capabilities are told of machines.
DERIVED_TARGETS = {"image_store": {"disks"}, "request_holder": {"jobs"}}

# Variables of roles that come from a vault.
SECRET_ROLE_VARIABLES = {"standin_coordinator_trap_communities", "standin_coordinator_secrets"}

GROUPS = ("standin_servers", "standin_spares", *PARTS, "standin_coordinators", "standin_agents", "standin_machines",
          "standin_unknown")  # the last is the live inventory's, where the coordinator does not answer
VARIABLES = {key.variable: key for table in (SERVER, SPARE, PART, VM_HOST, IMAGE_STORE, LAN_SWITCH, COORDINATOR) for key in table}

# Defaults that the roles have too (a test compares them).
AGENT_PORT = 8441
COORDINATOR_PORT = 8440
STATE_DIR = "/var/lib/standin"
