#!/bin/sh
# ipmi_sim's way to the machine that its BMC sits in.
# usage: bmc_chassis.sh DOMAIN FAULTS_DIRECTORY get power | set power 0|1 | set reset 1 | set shutdown 1
domain=$1
faults=$2
shift 2

# A libvirtd that is away or hangs can't tell: then the BMC answers with an error, as one does that has lost its machine's sensors.
ask() { timeout 10 virsh --quiet -c qemu:///system "$@"; }

power=
powered() {
    [ -n "$power" ] || power=$(ask domstate "$domain") || { echo "bmc_chassis: libvirt can't tell the power of $domain" >&2; exit 1; }
    case $power in
        running | paused | "in shutdown" | pmsuspended) return 0 ;;
        "shut off" | crashed) return 1 ;;
        *) echo "bmc_chassis: '$power' is neither on nor off" >&2; exit 1 ;;
    esac
}

case "$1 $2 $3" in
    "get power "*)
        if powered; then echo "power:1"; else echo "power:0"; fi ;;
    "set power 0")
        if powered; then ask destroy "$domain"; fi ;;
    "set power 1")
        # A machine with a dead board has power and lights, and never starts.
        if [ -e "$faults/never-boots" ]; then start="start --paused"; else start=start; fi
        # shellcheck disable=SC2086 # two words
        powered || ask $start "$domain" ;;
    "set reset "*)
        ask reset "$domain" ;;
    "set shutdown "*)
        ask shutdown "$domain" --mode acpi ;;
    *)
        echo "bmc_chassis: cannot '$*'" >&2
        exit 1 ;;
esac
