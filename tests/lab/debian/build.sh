#!/bin/bash
# Builds the disk of a server as teams have them: Debian with systemd, nginx, SSH and a service with state on three partitions
# (boot, swap, root) under a GPT. Prints the path of the finished disk; one built from the same inputs before is used again.
#
# usage: build.sh LEDGER_PROGRAM CACHE_DIRECTORY
set -euo pipefail

ledger=$(realpath "$1")
cache=$2
here=$(dirname "$(realpath "$0")")
boot_mib=96
swap_mib=128
root_mib=1820
disk_mib=$((1 + boot_mib + swap_mib + root_mib + 1))   # a GPT has its copy in the last MiB
mbr=/usr/lib/syslinux/mbr/gptmbr.bin

say() { echo "debian: $*" >&2; }

mapfile -t packages < <(grep -v '^#' "$here/packages.txt")
shopt -s nullglob
sources=(/etc/apt/sources.list /etc/apt/sources.list.d/debian.sources)
for i in "${!sources[@]}"; do [[ -s ${sources[i]} ]] || unset "sources[i]"; done

# Another version of a package is another disk.
inputs_hash() {
    {
        apt-cache policy "${packages[@]}" | grep -E '^[^ ]|Candidate:'
        echo "$disk_mib"
        sha256sum "$ledger" | cut -d' ' -f1
        cd "$here" && find . -type f -print0 | sort -z | xargs -0 sha256sum
    } | sha256sum | cut -c1-16
}

install_debian() {
    local release list
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    list=$(IFS=,; echo "${packages[*]}")
    mmdebstrap --quiet --mode=root --variant=minbase --include="$list" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --essential-hook="mkdir -p \"\$1/etc/modprobe.d\" && cp '$here/root/etc/modprobe.d/lab.conf' \"\$1/etc/modprobe.d/\"" \
        "$release" "$work/root" "${sources[@]}" >&2
}

configure() {
    local root=$work/root
    cp -r "$here"/root/. "$root/"
    install -m 755 -s "$ledger" "$root/usr/local/sbin/ledger"
    chmod 755 "$root/usr/local/sbin/start-ledger"
    echo server >"$root/etc/hostname"
    systemctl --root="$root" enable --quiet systemd-networkd ledger nginx ssh
    rm -f "$root/etc/machine-id"
    systemd-machine-id-setup --root="$root" >/dev/null 2>&1   # the image is captured before the first boot: it is the server's by then
    mkdir -p "$work/boot"
    mv "$root/boot"/* "$work/boot/"
    mv "$work"/boot/vmlinuz-* "$work/boot/vmlinuz"
    mv "$work"/boot/initrd.img-* "$work/boot/initrd.img"
}

# file_system NAME MIB DIRECTORY FEATURES: one partition's content.
file_system() {
    truncate -s "${2}M" "$work/$1.part"
    mke2fs -q -t ext4 -b 4096 -L "$1" -O "$4" -E root_owner=0:0 -d "$3" "$work/$1.part" >&2
}

build_disk() {
    local disk=$work/disk.raw
    file_system boot "$boot_mib" "$work/boot" '^64bit,^metadata_csum'   # extlinux reads neither, nor blocks of 1 KiB
    file_system root "$root_mib" "$work/root" 'metadata_csum'
    truncate -s "${swap_mib}M" "$work/swap.part"
    mkswap -q -L swap "$work/swap.part" >/dev/null
    truncate -s "${disk_mib}M" "$disk"
    sfdisk --quiet --label gpt "$disk" >&2 <<TABLE
start=1MiB, size=${boot_mib}MiB, type=linux, name=boot, attrs=LegacyBIOSBootable
size=${swap_mib}MiB, type=swap, name=swap
size=${root_mib}MiB, type=linux, name=root
TABLE
    dd if="$mbr" of="$disk" conv=notrunc bs=440 count=1 status=none
    local at=1 name
    for name in boot swap root; do
        dd if="$work/$name.part" of="$disk" bs=1M seek=$at conv=notrunc,sparse status=none
        at=$((at + $(stat -c %s "$work/$name.part") / 1024 / 1024))
    done
    mkdir "$work/mounted"
    mount -o "loop,offset=$((1024 * 1024)),sizelimit=$((boot_mib * 1024 * 1024))" "$disk" "$work/mounted"
    extlinux --install "$work/mounted" >/dev/null 2>&1 || { say "extlinux could not be installed"; exit 1; }
    umount "$work/mounted"
}

clean_up() {
    mountpoint -q "$work/mounted" && umount "$work/mounted"
    rm -rf "$work"
}

((${#sources[@]})) || { say "there is no /etc/apt/sources.list and no /etc/apt/sources.list.d/debian.sources to install Debian from"; exit 1; }
finished=$cache/debian-$(inputs_hash).raw
if [[ ! -e $finished ]]; then
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap clean_up EXIT
    say "installing Debian on a disk of $disk_mib MiB (a minute)"
    install_debian
    configure
    build_disk
    mv "$work/disk.raw" "$finished"
fi
echo "$finished"
