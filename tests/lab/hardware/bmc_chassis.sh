#!/bin/sh
# ipmi_sim's way to the machine that its BMC sits in.
# usage: bmc_chassis.sh DOMAIN FAULTS_DIRECTORY get power | set power 0|1 | set reset 1 | set shutdown 1
domain=$1
faults=$2
shift 2

ask() { virsh --quiet -c qemu:///system "$@"; }

powered() {
    case $(ask domstate "$domain") in
        running | paused | "in shutdown" | pmsuspended) echo 1 ;;
        *) echo 0 ;;
    esac
}

case "$1 $2 $3" in
    "get power "*)
        echo "power:$(powered)" ;;
    "set power 0")
        [ "$(powered)" = 0 ] || ask destroy "$domain" ;;
    "set power 1")
        # A machine with a dead board has power and lights, and never starts.
        if [ -e "$faults/never-boots" ]; then start="start --paused"; else start=start; fi
        # shellcheck disable=SC2086 # two words
        [ "$(powered)" = 1 ] || ask $start "$domain" ;;
    "set reset "*)
        ask reset "$domain" ;;
    "set shutdown "*)
        ask shutdown "$domain" --mode acpi ;;
    *)
        echo "bmc_chassis: cannot '$*'" >&2
        exit 1 ;;
esac
