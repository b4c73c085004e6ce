#!/usr/bin/env bash
# Static analysis of C files, those of the device library if none is given: clang-tidy
# with the checks of .clang-tidy, and the paths that gcc -fanalyzer walks. Any finding
# ends it with 1; a tool that is missing is named.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
PATH="$here/.venv/bin:$PATH"
[ $# -gt 0 ] || set -- "$here"/csrc/ecm_*.c
flags=(-std=c99 -ffp-contract=off -I"$(dirname "$1")" -I"$here/csrc/port/generic")
export FLAGS="${flags[*]}"
if command -v clang-tidy >/dev/null; then
    # The wheel has no headers of a compiler.
    own=$(gcc -print-file-name=include)
    printf '%s\0' "$@" | xargs -0 -n 16 -P 2 sh -c '
        config=$1 own=$2; shift 2
        said=$(mktemp) # how many warnings there were in headers, if nothing is wrong
        clang-tidy --quiet --config-file="$config" "$@" \
            -- $FLAGS -isystem "$own" 2>"$said" || { cat "$said" >&2; rm "$said"; exit 1; }
        rm "$said"' \
        sh "$here/.clang-tidy" "$own" || exit 1
else
    echo "clang-tidy is not installed: left out (pip install clang-tidy)"
fi
if command -v gcc >/dev/null; then
    printf '%s\0' "$@" | xargs -0 -n 1 -P 2 \
        gcc "${flags[@]}" -O2 -fanalyzer -Wall -Wextra -Werror -c -o /dev/null || exit 1
else
    echo "gcc is not installed: left out"
fi
