#!/bin/bash
# Installs those packages of tests/packages.txt that are missing. As root.
set -euo pipefail

list=$(dirname "$(realpath "$0")")/packages.txt
mapfile -t wanted < <(grep -Ev '^(#|$)' "$list")
mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | awk '$1 == "installed" {print $2}' | sort -u))
export DEBIAN_FRONTEND=noninteractive
# The lab's disk image takes packages from apt too, so that its lists are wanted even where nothing is missing.
[[ ${#missing[@]} -eq 0 && -n $(apt-cache policy qemu-guest-agent) ]] || apt-get update -qq
if ((${#missing[@]})); then
    echo "installing ${missing[*]}" >&2
    apt-get install -y -q --no-install-recommends "${missing[@]}"   # its output is the sign of life of minutes
fi
