"""Inventories that cannot be meant: each is inventory/example with one change, and what has to be said of it."""

from dataclasses import dataclass

HOSTS = "hosts.yml"
ALL = "group_vars/all/main.yml"
SERVERS = "group_vars/standin_servers.yml"
COORDINATORS = "group_vars/standin_coordinators.yml"
SWITCHES = "group_vars/standin_lan_switches.yml"
VM_HOSTS = "group_vars/standin_vm_hosts.yml"


@dataclass(frozen=True)
class Fault:
    file: str        # of the inventory, which is changed
    old: str         # what is replaced; empty: `new` is written to its end
    new: str
    variable: str    # that the message names
    cure: str        # that it names
    named: str = ""  # the file that it names; empty: the one that is changed
    by_daemon: bool = False   # found by the daemon in what is rendered


def _said(variable, text, cure, named="", file=COORDINATORS):
    return Fault(file, "", text + "\n", variable, cure, named)


FAULTS = {
    # The table
    "an_unknown_spare": Fault(HOSTS, "standin_spare: spare02", "standin_spare: spare20", "standin_spare", "did you mean spare02?"),
    "a_spare_for_two_servers": Fault(HOSTS, "standin_spare: spare02", "standin_spare: spare01", "standin_spare", "a spare of its own"),
    "a_row_of_an_unknown_server": _said("standin_spare_table_rows", "standin_spare_table_rows: [{server: srv05, spare: spare01}]", "did you mean srv0"),
    # Names
    "a_misspelt_variable_of_a_server": Fault(HOSTS, "standin_priority: 9", "standin_priorty: 9", "standin_priorty", "did you mean standin_priority?"),
    "a_misspelt_variable_of_a_role": _said("standin_coordinator_operator", "standin_coordinator_operator: [me]", "did you mean standin_coordinator_operators?"),
    "a_misspelt_group": Fault(HOSTS, "standin_spares:", "standin_spare:", "standin_spare", "did you mean standin_spares?"),
    "a_misspelt_key_of_the_job": Fault(SERVERS, "drain_within", "drain_wihtin", "standin_job.drain_wihtin", "did you mean drain_within?"),
    "a_misspelt_key_of_the_stand_in": Fault(SERVERS, "vcpus: 2", "vcpu: 2", "standin_stand_in.vcpu", "did you mean vcpus?"),
    "a_misspelt_key_of_the_holder": Fault(SERVERS, 'interface: "h{{ standin_vlan }}f0"', 'iface: "h{{ standin_vlan }}f0"',
                                          "standin_holder_front.iface", "did you mean interface?"),
    # Values
    "an_address_without_its_prefix": Fault(HOSTS, "203.0.113.26/28", "203.0.113.26", "standin_address", "203.0.113.26/28"),
    "a_mac_address_that_is_a_number": Fault(HOSTS, '"52:54:00:00:01:0a"', "525400", "standin_mac", "write it as in"),
    "a_vlan_out_of_range": Fault(HOSTS, "standin_vlan: 104", "standin_vlan: 4104", "standin_vlan", "write it as in 101"),
    "a_duration_without_unit": Fault(SERVERS, "standin_boot_within: 2min", "standin_boot_within: 120", "standin_boot_within", "write it as in 2min"),
    "a_quarantine_that_is_no_range": Fault(SWITCHES, "3000-3999", "3000", "standin_quarantine_vlans", "3000-3999"),
    "a_size_in_another_unit": Fault(SERVERS, "memory: 4GiB", "memory: 4TB", "standin_stand_in", "write it as in 4GiB"),
    "more_memory_than_the_host_has": Fault(SERVERS, "memory: 4GiB, maximum_memory: 8GiB", "memory: 4TiB, maximum_memory: 4TiB", "standin_stand_in",
                                           "give the stand-in less"),
    "a_fence_policy_that_is_none": Fault(SERVERS, "standin_boot_within", "standin_fence_policy: plug\nstandin_boot_within", "standin_fence_policy", "write it as in port"),
    "an_unknown_evidence_policy": Fault(SERVERS, "standin_boot_within", "standin_evidence: {policy: silent}\nstandin_boot_within", "standin_evidence",
                                        "did you mean silence?"),
    "an_unknown_evidence_policy_of_a_kind": Fault(SERVERS, "standin_boot_within", "standin_evidence: {kinds: {memory: powr}}\nstandin_boot_within",
                                                  "standin_evidence", "did you mean power?"),
    "a_misspelt_key_of_the_evidence": Fault(SERVERS, "standin_boot_within", "standin_evidence: {decide_wihtin: 15s}\nstandin_boot_within",
                                            "standin_evidence.decide_wihtin", "did you mean decide_within?"),
    # What is missing
    "a_server_without_mac": Fault(HOSTS, 'standin_gateway: 203.0.113.17, standin_mac: "52:54:00:00:01:0a",', "", "standin_mac", "say standin_mac"),
    "a_spare_without_bmc": Fault(HOSTS, "standin_bmc: 192.0.2.32, ", "", "standin_bmc", "say standin_bmc"),
    "no_bmc_password": Fault(ALL, 'standin_bmc_password: "{{ vault_bmc_passwords[inventory_hostname] }}"', "", "standin_bmc_password",
                             "keep the password in a vault", HOSTS),
    "a_password_that_is_not_in_the_vault": Fault(ALL, "vault_bmc_passwords[", "vault_bmc_pass[", "standin_bmc_password", "define it, e.g. in the vault"),
    "no_address_of_a_part": Fault(HOSTS, "{store1: {ansible_host: 198.51.100.12}}", "{store1: {}}", "standin_agent_listen", "say ansible_host"),
    "no_trap_is_believed": Fault(COORDINATORS, 'standin_coordinator_trap_communities: ["{{ vault_trap_community }}"]', "", "standin_coordinator_trap_communities",
                                 "standin_engine_id", HOSTS),
    "communities_without_consent": Fault(COORDINATORS, "standin_coordinator_allow_unauthenticated_traps: true", "",
                                         "standin_coordinator_allow_unauthenticated_traps", "standin_coordinator_allow_unauthenticated_traps: true",
                                         HOSTS),
    "two_image_stores_and_none_named": Fault(HOSTS, "{store1: {ansible_host: 198.51.100.12}}",
                                             "{store1: {ansible_host: 198.51.100.12}, store2: {ansible_host: 198.51.100.15}}",
                                             "standin_image_store", "one of store1, store2"),
    "no_request_holder": Fault(HOSTS, "standin_request_holders: {hosts: {holder1: {ansible_host: 198.51.100.14}}}", "standin_request_holders: {}",
                               "standin_request_holder", "put a host into the group standin_request_holders"),
    "a_job_that_does_not_say_where_its_data_are": Fault(SERVERS, "data: none", "clock_within: 1s", "standin_job", "say data: none, shared or local"),
    "local_data_without_consent": Fault(SERVERS, "data: none", "data: local", "standin_job", "accepts_rollback: true"),
    "shared_data_and_a_fence_at_the_port": Fault(SERVERS, "data: none", "data: shared", "standin_fence_policy", "say standin_fence_policy: power", HOSTS),
    # What is said twice
    "one_bmc_for_two_machines": Fault(HOSTS, "standin_bmc: 192.0.2.12", "standin_bmc: 192.0.2.11", "standin_bmc", "give each machine its own"),
    "one_mac_for_two_machines": Fault(HOSTS, "52:54:00:00:02:0a", "52:54:00:00:01:0a", "standin_mac", "give each machine its own"),
    "one_uuid_for_two_machines": Fault(ALL, "standin_bmc_options", "standin_uuid: 4c4c4544-0031-3010-8056-b4c04f4d3232\nstandin_bmc_options", "standin_uuid",
                                       "give each machine its own"),
    "one_vlan_for_two_servers": Fault(HOSTS, "standin_vlan: 102", "standin_vlan: 101", "standin_vlan", "give each machine its own"),
    "one_port_for_two_machines": Fault(HOSTS, "standin_port: ps2", "standin_port: ps1", "standin_port", "give each machine its own"),
    "one_disk_for_two_machines": Fault(HOSTS, "standin_port: p", "standin_disk_path: /dev/sdx, standin_port: p", "standin_disk_path",
                                       "give each machine its own"),
    "a_server_that_is_a_spare": Fault(HOSTS, "spare02: {", "srv04: {", "standin_servers and standin_spares", "remove it from one of them"),
    "a_server_that_runs_a_part": Fault(HOSTS, "store1: {ansible_host", "srv04: {ansible_host", "group standin_servers", "remove it from one group"),
    "two_tables_of_servers": _said("standin_coordinator_servers", "standin_coordinator_servers: {srv09: {vlan: 7}}", "remove standin_coordinator_servers"),
    # Across hosts
    "an_agents_url_that_is_not_where_it_listens": _said(
        "standin_coordinator_agents.vmhost1.url", "standin_coordinator_agents: {vmhost1: {url: 'https://198.51.100.99:8441'}}", "it follows from the agents' hosts"),
    "an_agent_that_is_no_host": _said("standin_coordinator_agents.vmhots1", "standin_coordinator_agents: {vmhots1: {url: 'https://198.51.100.11:8441'}}",
                                      "did you mean vmhost1?"),
    "an_agent_that_the_coordinator_does_not_know": _said("standin_coordinator_agents", "standin_coordinator_agents: {vmhost1: {url: 'https://198.51.100.11:8441'}}",
                                                         "it follows from the agents' hosts"),
    "a_store_that_lacks_a_disk": Fault("group_vars/standin_image_stores.yml", "", "standin_agent_image_store: {images_dir: /i, disks: {srv01: {path: /dev/sdb}}}\n",
                                       "standin_agent_image_store.disks", "standin_disk_path"),
    "a_holder_that_lacks_a_job": Fault("group_vars/standin_request_holders.yml", "", "standin_agent_request_holder: {jobs: {srv01: {ports: [443]}}}\n",
                                       "standin_agent_request_holder.jobs", "standin_holder_front"),
    "a_holder_with_another_address": Fault("group_vars/standin_request_holders.yml", "",
                                           "standin_agent_request_holder: {jobs: {srv01: {front: {address: 203.0.113.28/28}, ports: [443]}}}\n",
                                           "standin_agent_request_holder.jobs", "write the server's"),
    "a_vlan_in_the_quarantine": Fault(HOSTS, "standin_vlan: 104", "standin_vlan: 3104", "standin_vlan", "take one outside of them"),
    "a_landing_vlan_in_the_quarantine": Fault(VM_HOSTS, "4000", "3000", "standin_landing_vlan", "take one outside of them"),
    "a_landing_vlan_that_is_a_servers": Fault(VM_HOSTS, "4000", "103", "standin_vlan", "take another one", HOSTS),
    "two_bridges": Fault(VM_HOSTS, "", "standin_bridge: br1\n", "standin_bridge", "say the bridge once for both"),
    "a_certificate_without_names": Fault(VM_HOSTS, "", "standin_certificates_names: []\n", "standin_certificates_names", "IP:198.51.100.11"),
    "a_certificate_with_a_name_of_no_kind": Fault(VM_HOSTS, "", "standin_certificates_names: ['198.51.100.11']\n", "standin_certificates_names", "as in IP:198.51.100.11"),
    "a_misspelt_key_of_a_capability": Fault(SWITCHES, "", "standin_agent_switch: {bridge: br0, ovsdbs: /s, quarantine_vlans: 3000-3999}\n",
                                            "standin_agent_switch.ovsdbs", "did you mean ovsdb?"),
    "an_agent_with_a_role_at_the_coordinator": Fault(COORDINATORS, "viewers: []", "viewers: [store1]", "standin_coordinator_viewers", "a certificate of its own"),
    "a_certificate_without_the_address": Fault(VM_HOSTS, "", "standin_certificates_names: ['DNS:vmhost1']\n", "standin_certificates_names", "add IP:198.51.100.11"),
    "an_agent_that_no_coordinator_commands": Fault(VM_HOSTS, "", "standin_agent_commanders: [me]\n", "standin_agent_commanders", "add coordinator"),
    "a_host_that_gets_no_programs": Fault(HOSTS, "    standin_coordinators:", "    standin_machines: {hosts: {vmhost1: }}\n    standin_coordinators:",
                                          "standin_machines", "leave the group away"),
    "a_gateway_of_another_network": Fault(HOSTS, "203.0.113.17", "203.0.113.1", "standin_gateway", "mend one of both"),
    "a_holder_with_the_servers_address": Fault(SERVERS, 'address: "203.0.113.{{ 27 + 16 * (standin_vlan - 101) }}/28"', 'address: "{{ standin_address }}"',
                                               "standin_holder_back", "take a free one"),
    "a_server_that_names_a_store_as_vm_host": Fault(HOSTS, "standin_vlan: 104", "standin_vm_host: store1, standin_vlan: 104", "standin_vm_host", "known are vmhost1"),
    "a_certificate_authority_at_no_host": Fault(ALL, "standin_certificates_ca_host: coord1", "standin_certificates_ca_host: coord2",
                                                "standin_certificates_ca_host", "did you mean coord1?"),
    "a_secret_file_that_is_not_there": _said("standin_secrets", "standin_secrets: [{name: a, src: /nonexistent/a}]", "keep it in a vault"),
    # What only the daemons know
    "an_option_that_is_a_secret": Fault(ALL, "{username: standin, lanplus: 1", "{username: standin, snmp_community: public, lanplus: 1",
                                        "standin_bmc_options", "secret_files", by_daemon=True),
    "a_misspelt_option_of_the_fence_agent": Fault(ALL, "lanplus: 1", "lanpluss: 1", "standin_bmc_options", "see 'fence_ipmilan -o metadata'", by_daemon=True),
    "a_port_that_is_named_twice": Fault(SERVERS, "ports: [443]", "ports: [443, 443]", "standin_job", "names port 443 twice", by_daemon=True),
    "a_probe_of_two_kinds": Fault(SERVERS, "{tcp: {port: 443}}", "{tcp: {port: 443}, http: {port: 80}}", "standin_job", "must be either 'http' or 'tcp'", by_daemon=True),
    "an_interface_with_a_long_name": Fault(SERVERS, 'interface: "h{{ standin_vlan }}b0"', 'interface: "request-holder-{{ standin_vlan }}"',
                                           "standin_holder_back", "1 to 15 characters", by_daemon=True),
}
