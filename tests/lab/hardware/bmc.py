"""The machines' BMCs: ipmi_sim on an address of its own for each, and the alerts that they send."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from hardware import plan
from hardware.host import launch, run, succeeds, wait_until

HERE = Path(__file__).resolve().parent
USER = "admin"
SNMP_USER = "bmc"
CRITICAL = 0x10                 # severities of a Platform Event Trap
INFORMATION = 0x04
POWER_UNIT_FAILED = 0x096F06    # sensor type, event type, offset; IPMI 2.0, table 42-3
POWERED_OFF = 0x096F00
PLATFORM_ALERT = 0x24           # sensor type of events by which alerts are tested
BUS_FATAL_ERROR = 0x136F0A
COMMUNITY = "standin-lab"

LAN = """name "{name}"
set_working_mc 0x20
startlan 1
  addr {address} 623
  priv_limit admin
  allowed_auths_callback md5
  allowed_auths_user md5
  allowed_auths_operator md5
  allowed_auths_admin md5
  guid {guid}
endlan
chassis_control "{chassis} {domain} {faults}"
user 1 false "" "" user 10 md5
user 2 true "{user}" "{password}" admin 10 md5
"""
START = """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""


def guid(machine):
    """What a board's maker burns in: made from the MAC, so that it is the same at every start."""
    return "5374616e64696e2d6c61" + machine.mac.replace(":", "")


def engine_id(machine):
    """SNMPv3 engine: enterprise 3183 (the PET's), format 'text', the machine's name."""
    return "0x80000c6f04" + machine.name.encode().hex()


def password_file(machine):
    return plan.SECRETS / f"bmc-{machine.name}.password"


def write_secrets():
    """Secrets that did not exist yet; they stay until `down`."""
    plan.SECRETS.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = [password_file(machine) for machine in plan.MACHINES]
    wanted += [plan.SECRETS / "snmp-authentication", plan.SECRETS / "snmp-privacy"]
    for path in wanted:
        if not path.exists():
            _write_private(path, secrets.token_hex(8) + "\n")   # 16 characters: as long as IPMI 1.5 allows
    _write_private(plan.SECRETS / "communities", COMMUNITY + "\n")


TEST_TRAP = """#!/bin/sh
# Has a BMC of the lab send a test trap, by IPMI over the LAN: ipmi_sim takes no platform events, so the event goes into its log, from
# which the BMC's alerting part (bmc_alerts.py) takes it.
# usage: send-test-trap MACHINE TYPE NUMBER EVENT DATA1 DATA2 DATA3
machine=$1
shift
case "$machine" in
{addresses}
    *) echo "send-test-trap: there is no machine '$machine'" >&2; exit 1 ;;
esac
exec ipmitool -I lanplus -C 3 -H "$address" -U {user} -f "/etc/standin/secrets/bmc-$machine" \\
    raw 0x0a 0x44 0 0 0x02 0 0 0 0 0x41 0 0x04 "$@"
"""


def write_test_command():
    """What the inventory names as standin_trap_test_command."""
    addresses = "\n".join(f"    {machine.name}) address={machine.bmc} ;;" for machine in plan.MACHINES)
    plan.TEST_TRAP.write_text(TEST_TRAP.format(addresses=addresses, user=USER))
    plan.TEST_TRAP.chmod(0o755)


def event_log(machine):
    """[16 bytes of each entry] of the BMC's event log, the oldest first."""
    path = plan.BMCS / machine.name / "state/ipmi_sim" / machine.domain / "sel.20"
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    lines = (re.fullmatch(rb"[0-9]+:d:(.*)", line, re.DOTALL) for line in text.split(b"\n"))
    entries = [re.sub(rb"\\([0-9a-f]{2})", lambda escape: bytes([int(escape[1], 16)]), line[1]) for line in lines if line]
    return [entry for entry in entries if len(entry) == 16]


def start(record):
    write_test_command()
    for machine in plan.MACHINES:
        directory = plan.BMCS / machine.name
        (directory / "state").mkdir(parents=True, exist_ok=True)
        _write_private(directory / "lan.conf", LAN.format(
            name=machine.domain, address=machine.bmc, guid=guid(machine), chassis=HERE / "bmc_chassis.sh", domain=machine.domain,
            faults=plan.FAULTS / machine.name, user=USER, password=password_file(machine).read_text().strip()))
        (directory / "start").write_text(START)
        _write_snmp_configuration(machine, directory)
        launch(f"bmc-{machine.name}", ["ipmi_sim", "-n", "-c", directory / "lan.conf", "-f", directory / "start", "-s", directory / "state"],
               plan.LOGS / f"bmc-{machine.name}.log", record)
    launch("bmc-alerts", [sys.executable, HERE / "bmc_alerts.py"], plan.LOGS / "bmc-alerts.log", record)
    for machine in plan.MACHINES:
        wait_until(f"the BMC of {machine.name} answers", lambda m=machine: succeeds(*_ipmitool(m, "power", "status")), 20)
    wait_until("the BMCs watch their machines", lambda: "watching" in (plan.LOGS / "bmc-alerts.log").read_text(), 20)


def power(machine, action):
    """What an operator does with ipmitool: 'on', 'off', 'soft' or 'status'."""
    return run(*_ipmitool(machine, "power", action), deadline_s=30).strip()


def send_trap(machine, specific, severity, number=1, data=b""):
    """Sends a Platform Event Trap from this machine's BMC; answers what snmptrap had to say against it."""
    version = ["-v3", "-e", engine_id(machine)] if machine.snmp == "v3" else ["-v2c"]
    oid = f".1.3.6.1.4.1.3183.1.1.0.{specific}"
    words = ["snmptrap", f"--clientaddr={machine.bmc}", "-m", "", *version, "{}:{}".format(*plan.TRAP_RECEIVER), "", oid,
             ".1.3.6.1.4.1.3183.1.1.1", "x", _pet_bytes(machine, severity, number, data)]
    directory = plan.BMCS / machine.name
    environment = dict(os.environ, SNMPCONFPATH=str(directory), SNMP_PERSISTENT_DIR=str(directory / "snmp"))
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=20, check=False)
    return done.stderr.strip() if done.returncode else ""


def _pet_bytes(machine, severity, number, data):
    """Platform Event Trap format 1.0: GUID, sequence, time, offset, sources, severity, sensor, entity, event data, language, maker."""
    return guid(machine) + "0001" + "00000000" + "ffff" + "20" + "20" + f"{severity:02x}" + "20" + f"{number:02x}" + "14" + "01" + data.ljust(8, b"\0").hex() + "19" + "00000c6f" + "0001" + "c1"


def _write_snmp_configuration(machine, directory):
    lines = ["defCommunity " + COMMUNITY]
    if machine.snmp == "v3":
        authentication = (plan.SECRETS / "snmp-authentication").read_text().strip()
        privacy = (plan.SECRETS / "snmp-privacy").read_text().strip()
        lines = [f"defSecurityName {SNMP_USER}", "defSecurityLevel authPriv", "defAuthType SHA-256", f"defAuthPassphrase {authentication}",
                 "defPrivType AES", f"defPrivPassphrase {privacy}"]
    _write_private(directory / "snmp.conf", "\n".join(lines) + "\n")


def _ipmitool(machine, *words):
    return ["ipmitool", "-I", "lanplus", "-C", "3", "-H", machine.bmc, "-U", USER, "-f", password_file(machine), *words]


def _write_private(path, text):
    path.touch(mode=0o600)
    path.write_text(text)
