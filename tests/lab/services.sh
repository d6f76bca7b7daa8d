#!/bin/bash
# Starts the host's libvirt and Open vSwitch at their default paths where no service manager did (a lab has no systemd),
# and stops only what it started itself.
#
# usage: services.sh up|down|status
set -euo pipefail

record_dir=/run/standin-lab-services   # one file per daemon started here, holding its pid
lock_file=/run/standin-lab-services.lock
ovs_run=/run/openvswitch
ovs_log=/var/log/openvswitch
ovs_database=/etc/openvswitch/conf.db
ovs_schema=/usr/share/openvswitch/vswitch.ovsschema
daemons=(virtlogd libvirtd ovsdb-server ovs-vswitchd)   # in the order in which they need each other
deadline_s=120   # libvirtd asks every QEMU binary for its capabilities first: half a minute on a loaded host

say() { echo "services: $*" >&2; }

answers() {
    case $1 in
        virtlogd) [[ -S /run/libvirt/virtlogd-sock ]] && alive /run/virtlogd.pid ;;
        libvirtd) timeout 20 virsh -c qemu:///system version >/dev/null 2>&1 ;;
        ovsdb-server) timeout 5 ovs-vsctl --no-wait --timeout=2 show >/dev/null 2>&1 ;;
        ovs-vswitchd) timeout 5 ovs-appctl --timeout=2 version >/dev/null 2>&1 ;;
    esac
}

alive() { [[ -s $1 ]] && kill -0 "$(cat "$1")" 2>/dev/null; }

launch() {
    case $1 in
        virtlogd) keep_state_in_memory; virtlogd -d ;;
        libvirtd) libvirtd -d ;;
        ovsdb-server)
            mkdir -p "$ovs_run" "$ovs_log" "$(dirname "$ovs_database")"
            [[ -e $ovs_database ]] || ovsdb-tool create "$ovs_database" "$ovs_schema"
            ovsdb-server "$ovs_database" --remote="punix:$ovs_run/db.sock" --pidfile --detach \
                --log-file="$ovs_log/ovsdb-server.log" --verbose=console:off
            ovs-vsctl --no-wait init ;;
        ovs-vswitchd)
            ovs-vswitchd "unix:$ovs_run/db.sock" --pidfile --detach \
                --log-file="$ovs_log/ovs-vswitchd.log" --verbose=console:off ;;
    esac
}

pid_file_of() {
    case $1 in
        ovs*) echo "$ovs_run/$1.pid" ;;
        *) echo "/run/$1.pid" ;;
    esac
}

# What udev's rule would have done. libvirt asks QEMU for its capabilities as root but checks them as the guests' user: where only
# root may open /dev/kvm it finds them outdated at every call and asks again, four seconds each time.
give_kvm_its_group() {
    [[ -c /dev/kvm && $(stat -c %G /dev/kvm) != kvm ]] && getent group kvm >/dev/null || return 0
    stat -c '%g %a' /dev/kvm >"$record_dir/.kvm"
    chgrp kvm /dev/kvm
    chmod 660 /dev/kvm
}

take_kvm_back() {
    local group mode
    [[ -s $record_dir/.kvm ]] || return 0
    read -r group mode <"$record_dir/.kvm"
    chgrp "$group" /dev/kvm
    chmod "$mode" /dev/kvm
    rm -f "$record_dir/.kvm"
}

# libvirt writes a domain's state at every resume and waits until it is on the disk. A host has /run in memory; where it is
# not, each write costs milliseconds that no host would pay.
keep_state_in_memory() {
    [[ $(stat -f -c %T /run) == tmpfs ]] && return
    mkdir -p /run/libvirt
    mountpoint -q /run/libvirt && return
    mount -t tmpfs -o mode=755,size=64m tmpfs /run/libvirt
    touch "$record_dir/.tmpfs"
}

give_memory_back() {
    [[ -e $record_dir/.tmpfs ]] || return 0
    umount /run/libvirt || { say "/run/libvirt is in use and stays in memory"; return 0; }
    rm -f "$record_dir/.tmpfs"
}

# As Open vSwitch's own start scripts have it. Where the kernel shares processors among sessions, niceness is one's session's.
come_first() {
    [[ $1 == ovs* ]] || return 0
    renice -n -10 -p "$2" >/dev/null
    [[ ! -w /proc/$2/autogroup ]] || echo -10 >"/proc/$2/autogroup"
}

record() {
    local pid_file until=$((SECONDS + deadline_s))
    pid_file=$(pid_file_of "$1")
    until [[ -s $pid_file ]]; do
        ((SECONDS < until)) || { say "$1 was started but wrote no $pid_file"; exit 1; }
        sleep 0.05
    done
    cp "$pid_file" "$record_dir/$1"
}

up() {
    mkdir -p "$record_dir"
    give_kvm_its_group
    for daemon in "${daemons[@]}"; do
        answers "$daemon" && continue
        # The lock must not live on in the daemon: it would be held for ever.
        launch "$daemon" 9>&- || { say "could not start $daemon"; exit 1; }
        record "$daemon"
        come_first "$daemon" "$(cat "$record_dir/$daemon")"
        local until=$((SECONDS + deadline_s))
        until answers "$daemon"; do
            ((SECONDS < until)) || { say "$daemon was started but does not answer within $deadline_s s"; exit 1; }
            sleep 0.1
        done
        say "started $daemon (pid $(cat "$record_dir/$daemon"))"
    done
}

down() {
    local daemon pid
    for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
        daemon=${daemons[i]}
        [[ -s $record_dir/$daemon ]] || continue
        pid=$(cat "$record_dir/$daemon")
        # A pid may have been given to another program since: its name must still fit.
        if [[ $(cat "/proc/$pid/comm" 2>/dev/null) == "${daemon:0:15}" ]]; then
            kill "$pid"
            timeout "$deadline_s" tail --pid="$pid" -f /dev/null || { say "$daemon (pid $pid) does not end"; exit 1; }
            say "stopped $daemon (pid $pid)"
        fi
        rm -f "$record_dir/$daemon"
    done
    take_kvm_back
    give_memory_back
}

status() {
    local failed=0
    for daemon in "${daemons[@]}"; do
        if answers "$daemon"; then echo "$daemon answers"; else echo "$daemon does not answer"; failed=1; fi
    done
    return $failed
}

exec 9>"$lock_file"
flock 9
case ${1:-} in
    up) up ;;
    down) down ;;
    status) status ;;
    *) say "usage: services.sh up|down|status"; exit 2 ;;
esac
