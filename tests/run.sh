#!/bin/bash
# Installs what the tests need, builds everything and runs every test: what is quick first, the lab last.
# The last line is 'N passed, N failed'; the exit code says the same.
#
# usage: sudo tests/run.sh [--no-install] [LABEL…]     (without labels: all)
set -uo pipefail

root=$(dirname "$(dirname "$(realpath "$0")")")
build=$root/.build/debug
labels=(unit contract simulation console roles integration lab)   # a failure shows itself where it is easiest to understand
passed=0
failed=0
services_are_ours=no   # what was not running before is stopped at the end

say() { echo "== $(date +%H:%M:%S) $*"; }

finish() {
    "$root/tests/leftovers.sh"   # of tests that were stopped by their limit
    [[ $services_are_ours == no ]] || "$root/tests/lab/services.sh" down
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0)) || exit 1
    exit 0
}

give_up() {
    say "$1"
    failed=$((failed + 1))
    finish
}

# Adds what ctest wrote about one label to the sums.
count() {
    local tests failures
    read -r tests failures < <(/usr/bin/python3 - "$1" <<'PYTHON'
import sys
import xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
bad = sum(1 for case in suite.iter("testcase") if case.get("status") not in ("run", "disabled", "notrun") or case.find("failure") is not None)
skipped = sum(1 for case in suite.iter("testcase") if case.get("status") in ("disabled", "notrun"))
print(int(suite.get("tests")) - bad - skipped, bad)
PYTHON
    )
    passed=$((passed + tests))
    failed=$((failed + failures))
}

run_label() {
    local label=$1 report=$build/$1.junit.xml jobs=1 again=()
    [[ $label == unit || $label == contract || $label == simulation ]] && jobs=$(nproc)
    # Real machines under software emulation share the host's processors with everything else: these may be tried once more. ctest
    # says so where it happened, and a defect fails twice.
    [[ $label == integration || $label == lab ]] && again=(--repeat until-pass:2)
    rm -f "$report"
    [[ $(ctest --test-dir "$build" -L "^$label\$" -N | sed -n 's/^Total Tests: //p') != 0 ]] || { say "no tests with the label $label"; return; }
    say "tests: $label"
    ctest --test-dir "$build" -L "^$label\$" -j "$jobs" "${again[@]}" --output-on-failure --output-junit "$report"
    [[ -s $report ]] || give_up "ctest ended without a report for $label"
    grep -ohE '^[a-z_]+: (NOT )?caught .*|^[0-9]+ incidents, seeds .*' "$report"   # what the sweeps have to tell
    count "$report"
}

[[ $(id -u) == 0 ]] || give_up "this needs root: sudo tests/run.sh"
install=yes
wanted=()
for word in "$@"; do
    case $word in
        --no-install) install=no ;;
        -*) echo "usage: sudo tests/run.sh [--no-install] [LABEL…]" >&2; exit 2 ;;
        *) wanted+=("$word") ;;
    esac
done

mkdir -p "$build"
if [[ $install == yes ]]; then
    say "installing packages"
    "$root/tests/install_packages.sh" >"$build/packages.log" 2>&1 || { tail -n 30 "$build/packages.log"; give_up "the packages could not be installed"; }
fi
say "building"
cd "$root" || exit 1
cmake --preset debug >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; give_up "cmake failed"; }
cmake --build --preset debug || give_up "the build failed"
say "starting libvirt and Open vSwitch where they do not run"
"$root/tests/lab/services.sh" status >/dev/null 2>&1 || services_are_ours=yes
"$root/tests/lab/services.sh" up || give_up "libvirt or Open vSwitch does not start"

"$root/tests/leftovers.sh"   # of an earlier run that was killed
for label in "${wanted[@]:-${labels[@]}}"; do
    run_label "$label"
done
finish
