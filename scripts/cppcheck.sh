#!/usr/bin/env bash
# Static analysis of the device library; visible when the tool is missing.
set -euo pipefail
if ! command -v cppcheck >/dev/null; then
    echo "cppcheck is not installed: left out (see scripts/system-packages.sh)"
    exit 0
fi
cppcheck -j2 --quiet --std=c99 --error-exitcode=1 --inline-suppr \
    --enable=warning,performance,portability \
    --suppress=missingIncludeSystem -Icsrc -Icsrc/port/generic csrc
