#!/bin/bash
# Builds the raw disk that the lab's machines boot: boot loader, Debian's kernel, busybox, guest agent and the job.
# Prints the path of the finished disk; one that was built from the same inputs before is used again.
#
# usage: build.sh LEDGER_PROGRAM CACHE_DIRECTORY
set -euo pipefail

ledger=$(realpath "$1")
cache=$2
here=$(dirname "$(realpath "$0")")
size_mib=256
partition_start=$((1024 * 1024))   # where DOS labels have put the first partition for fifteen years
mbr=/usr/lib/syslinux/mbr/mbr.bin

say() { echo "image: $*" >&2; }

mapfile -t packages < <(grep -v '^#' "$here/packages.txt")

kernel_package() { apt-cache depends "$1" | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ {print $2; exit}'; }

# Names every package with the version that apt would take: another version is another image.
resolve_packages() {
    local i policy version
    for i in "${!packages[@]}"; do
        [[ ${packages[i]} == linux-image-* ]] && packages[i]=$(kernel_package "${packages[i]}")
    done
    policy=$(apt-cache policy "${packages[@]}")
    for i in "${!packages[@]}"; do
        version=$(awk -v package="${packages[i]}:" '$1 == package {found = 1} found && $1 == "Candidate:" {print $2; exit}' <<<"$policy")
        [[ -n $version && $version != "(none)" ]] || { say "apt knows no package ${packages[i]}: run apt-get update"; exit 1; }
        packages[i]="${packages[i]}=$version"
    done
}

inputs_hash() {
    {
        printf '%s\n' "${packages[@]}" "$size_mib"
        sha256sum "$ledger" | cut -d' ' -f1
        cd "$here" && find . -type f -print0 | sort -z | xargs -0 sha256sum
    } | sha256sum | cut -c1-16
}

unpack_packages() {
    mkdir -p "$cache/packages" "$work/root"
    (cd "$cache/packages" && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}") >&2
    local package name version
    for package in "${packages[@]}"; do
        name=${package%%=*}
        version=${package#*=}
        dpkg -x "$cache/packages/${name}_${version//:/%3a}_amd64.deb" "$work/root"
    done
    kernel=$(basename "$work"/root/lib/modules/*)
}

build_initramfs() {
    local tree=$work/initramfs module parameters
    mkdir -p "$tree"/{bin,dev,modules,proc,root,sys}
    cp "$work/root/bin/busybox" "$tree/bin/"
    cp "$here/initramfs/init" "$tree/init"
    grep -v '^#' "$here/modules.txt" | while read -r module parameters; do
        cp "$work/root/lib/modules/$kernel/kernel/$module.ko" "$tree/modules/"
        echo "${module##*/} $parameters" >>"$tree/modules/order"
    done
    (cd "$tree" && find . | cpio --quiet -o -H newc) >"$work/root/boot/initramfs"
}

build_root() {
    local root=$work/root
    mv "$root/boot/vmlinuz-$kernel" "$root/boot/vmlinuz"
    rm -rf "${root:?}"/usr/share "$root"/usr/lib/x86_64-linux-gnu/gconv "$root"/lib/modules "$root"/boot/{config,System.map}-* \
        "$root"/etc/{init.d,qemu} "$root"/lib/{systemd,udev}
    mkdir -p "$root"/{bin,dev,proc,run,sbin,sys,tmp,usr/sbin,var/lib/ledger,var/run}
    cp -r "$here"/root/. "$root/"
    install -s -m 755 "$ledger" "$root/usr/sbin/ledger"
    local applet
    for applet in $("$root/bin/busybox" --list); do
        [[ -e $root/bin/$applet || -e $root/sbin/$applet ]] || ln -s /bin/busybox "$root/bin/$applet"
    done
    ln -sf /bin/busybox "$root/sbin/init"
    ln -sf /bin/busybox "$root/sbin/hwclock"   # where the guest agent looks for it
}

build_disk() {
    local disk=$work/disk.raw
    truncate -s "${size_mib}M" "$disk"
    echo "start=$((partition_start / 512)), type=83, bootable" | sfdisk --quiet --label dos "$disk" >&2
    dd if="$mbr" of="$disk" conv=notrunc bs=440 count=1 status=none
    # extlinux reads neither 64-bit ext4 nor its checksums, nor a kernel from blocks of 1 KiB.
    mke2fs -q -t ext4 -b 4096 -O '^64bit,^metadata_csum' -d "$work/root" -E "offset=$partition_start,root_owner=0:0" "$disk" \
        "$(((size_mib * 1024 * 1024 - partition_start) / 1024))k" >&2
    mkdir "$work/mounted"
    mount -o "loop,offset=$partition_start" "$disk" "$work/mounted"
    extlinux --install "$work/mounted/boot" >/dev/null 2>&1 || { say "extlinux could not be installed"; exit 1; }
    umount "$work/mounted"
}

clean_up() {
    mountpoint -q "$work/mounted" && umount "$work/mounted"
    rm -rf "$work"
}

resolve_packages
finished=$cache/disk-$(inputs_hash).raw
if [[ ! -e $finished ]]; then
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap clean_up EXIT
    say "building a disk of $size_mib MiB"
    unpack_packages
    build_initramfs
    build_root
    build_disk
    mv "$work/disk.raw" "$finished"
fi
echo "$finished"
