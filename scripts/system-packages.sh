#!/usr/bin/env bash
# Install the cross compilers and emulators that the tests run, or say which are missing.
# Exit 3: something is missing and may not be installed here. PIP_ONLY=1: leave them out.
# --check: only find out whether that is so.
set -euo pipefail

declare -A packages=(
    [arm-none-eabi-gcc]=gcc-arm-none-eabi
    [riscv64-unknown-elf-gcc]=gcc-riscv64-unknown-elf
    [qemu-system-arm]=qemu-system-arm
    [qemu-system-riscv32]=qemu-system-misc
    [cmake]=cmake
    [cppcheck]=cppcheck
    [clang]=clang
    [avr-gcc]="gcc-avr avr-libc"
    [simavr]=simavr
    [cargo]=cargo
)
# A library has no command: the file that its package is there for, or a pattern.
declare -A files=(
    [/usr/include/simavr/sim_avr.h]=libsimavr-dev
    [/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a]=libclang-rt-dev
)
# A command that is there; of cargo one that runs, as rustup's may lack a toolchain.
is_there() {
    local path
    if [ "$1" != cargo ]; then
        command -v "$1" >/dev/null
        return
    fi
    while read -r path; do
        "$path" --version >/dev/null 2>&1 && return
    done < <(type -ap "$1")
    return 1
}
missing=()
for file in "${!files[@]}"; do
    compgen -G "$file" >/dev/null || missing+=("${files[$file]}")
done
for command in "${!packages[@]}"; do
    if ! is_there "$command"; then
        read -ra names <<<"${packages[$command]}"
        missing+=("${names[@]}")
    fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ -n "${PIP_ONLY:-}" ]; then
    echo "PIP_ONLY: left out, with the tests that need them: ${missing[*]}"
    exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        as_root=(none)
    else
        as_root=(sudo -n)
    fi
fi
if [ "${as_root[*]:-}" = none ] || ! command -v apt-get >/dev/null; then
    echo "missing system packages: ${missing[*]}" >&2
    echo "install them, for example: sudo apt-get install ${missing[*]}" >&2
    echo "or run what the wheels alone can: PIP_ONLY=1 make test" >&2
    exit 3
fi
[ "${1:-}" = --check ] && exit 0
# Tests then compile what they share once; they need it for nothing else.
command -v ccache >/dev/null || missing+=(ccache)
echo "installing system packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qy --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "could not install: ${missing[*]}" >&2
    exit 3
fi
