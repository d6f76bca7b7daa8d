#!/bin/bash
# Takes down what tests that were killed have left on this host: libvirt domains with their QEMU, bridges, links, network namespaces
# and directories. Only what such a test wrote down before it made it (tests/support/made_names.hpp), and only once its process is gone.
#
# usage: sudo tests/leftovers.sh
set -uo pipefail

records=${STANDIN_TEST_RECORDS:-/run/standin-tests}   # one file per process: PID-STARTTIME, a name or a directory a line

say() { echo "leftovers: $*" >&2; }

start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# Names that are the prefix, or go on with anything but a digit: hvt12 is not hvt123's. `standin-` is the request holder's own.
those_of() { grep -E "^(standin-)?$1([^0-9]|\$)"; }

end_domain() {
    local domain=$1 pid
    pid=$(cat "/run/libvirt/qemu/$domain.pid" 2>/dev/null)
    timeout 30 virsh --quiet -c qemu:///system destroy "$domain" >/dev/null 2>&1
    # A QEMU that hangs; its command line has to name the domain, for a pid is given to others again.
    if [[ -n $pid ]] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "guest=$domain,"; then
        kill -9 "$pid"
    fi
    timeout 30 virsh --quiet -c qemu:///system undefine --nvram "$domain" >/dev/null 2>&1
    say "domain $domain"
}

take_down() {
    local prefix=$1 name
    if command -v virsh >/dev/null && [[ -S /run/libvirt/libvirt-sock ]]; then
        while read -r name; do end_domain "$name"; done < <(timeout 30 virsh --quiet -c qemu:///system list --all --name | those_of "$prefix")
    fi
    if [[ -S /run/openvswitch/db.sock ]]; then
        while read -r name; do
            ovs-vsctl --timeout=10 --if-exists del-br "$name" && say "bridge $name"
        done < <(ovs-vsctl --timeout=10 list-br | those_of "$prefix")
    fi
    while read -r name; do
        ip link delete dev "$name" 2>/dev/null && say "link $name"
    done < <(ip -o link show | sed -E 's/^[0-9]+: ([^:@]+).*/\1/' | those_of "$prefix")
    while read -r name; do
        ip netns delete "$name" && say "namespace $name"
    done < <(ip netns list | cut -d ' ' -f 1 | those_of "$prefix")
}

for record in "$records"/*-*; do
    [[ -f $record ]] || continue
    process=${record##*/}
    [[ $(start_time "${process%-*}") == "${process#*-}" ]] && continue   # it is still at work
    while read -r line; do
        case $line in
            /var/tmp/standin-*/* | /tmp/standin-*/*) ;;   # below a test's own directory: goes with that
            /var/tmp/standin-* | /tmp/standin-*) rm -rf -- "$line" ;;
            *) [[ $line =~ ^[a-z]+[0-9]+$ ]] && take_down "$line" ;;
        esac
    done < <(sort -u "$record")
    rm -f "$record"
done
