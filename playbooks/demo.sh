#!/bin/bash
# The whole of Standin on one host, on real parts: makes the lab, breaks a server under load, shows its failover live.
# The last line is 'RESULT {json}'. Everything that was made is taken down again, also after a failure.
#
# usage: sudo playbooks/demo.sh [--keep] [--no-install] [--programs DIRECTORY]
#   --keep         leave the lab up and say how to look around
#   --no-install   install no packages
#   --programs     programs that are built already (standin-coordinator, standin-agent, standinctl, ledger)
set -euo pipefail

root=$(dirname "$(dirname "$(realpath "$0")")")
logs=/var/log/standin-lab
lab=$root/tests/lab/lab
keep=no
install=yes
programs=

say() { echo; echo "== $(date +%H:%M:%S) $*"; }

while (($#)); do
    case $1 in
        --keep) keep=yes ;;
        --no-install) install=no ;;
        --programs) programs=${2:?}; shift ;;
        *) sed -n '5,8s/^# \?//p' "$0" >&2; exit 2 ;;
    esac
    shift
done
[[ $(id -u) == 0 ]] || { echo "demo: this needs root: sudo playbooks/demo.sh" >&2; exit 2; }
mkdir -p "$logs"

# A long work shows a sign of life; its output is in a log, whose end is shown when it fails.
work() {
    local name=$1 log=$logs/demo-$1.log started=$SECONDS pid
    shift
    "$@" >"$log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        ((( SECONDS - started ) % 20)) || echo "   … $((SECONDS - started)) s: $(tail -n 1 "$log" | tr -d '\r' | cut -c1-150)"
    done
    wait "$pid" && return
    echo "demo: '$name' failed; the end of $log:" >&2
    tail -n 30 "$log" >&2
    return 1
}

clean_up() {
    local status=$?
    trap - EXIT
    if [[ $keep == yes && -x $lab ]]; then
        explain_lab
    else
        say "taking the lab down"
        "$lab" down || echo "demo: the lab could not be taken down: $lab down" >&2
        [[ $services_ran == yes ]] || "$root/tests/lab/services.sh" down || true
    fi
    [[ -z ${result:-} ]] || { echo; echo "$summary"; echo "$result"; }
    exit "$status"
}

explain_lab() {
    cat <<TEXT

The lab stays up. Look around:
  standinctl status                     who executes which job
  standinctl operation list             what happened; 'operation show 1' for the steps
  standinctl trap list                  the traps that came and what they were taken for
  $lab status          the machines
  $lab client curl -s http://10.77.1.10:8080/health
  ls $logs /var/lib/standin     logs and state
Take it down: sudo $lab down && sudo $root/tests/lab/services.sh down
TEXT
}

build() {
    cmake --preset release -DSTANDIN_BUILD_TESTS=ON
    cmake --build --preset release --target standin-coordinator standin-agent standinctl ledger
}

cd "$root"
if [[ $install == yes ]]; then
    say "installing packages (tests/packages.txt)"
    work packages "$root/tests/install_packages.sh"
fi
if [[ -z $programs ]]; then
    say "building"
    work build build
    programs=$root/.build/release/bin
fi
services_ran=no
"$root/tests/lab/services.sh" status >/dev/null 2>&1 && services_ran=yes   # then they are somebody else's to stop
trap clean_up EXIT
trap 'exit 130' INT TERM
say "making the lab: switch, machines with BMCs, client; then Standin on top, by its playbooks"
work lab "$lab" up --programs "$programs"
"$lab" status
standinctl status

say "server01 breaks under load"
run=$(mktemp -d "$logs/demo-run.XXXXXX")
/usr/bin/python3 "$root/tests/lab/demo.py" "$run" || failed=yes
[[ -s $run/summary ]] && summary=$(cat "$run/summary")
[[ -s $run/result.json ]] && result="RESULT $(cat "$run/result.json")"
[[ ${failed:-no} == no ]]
