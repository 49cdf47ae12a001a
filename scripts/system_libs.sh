#!/usr/bin/env bash
# Install the system libraries that are missing, where that is allowed; otherwise print the line to run, and go on.
#
#   system_libs.sh [window] [tests]
#
# window: what PySide6's and VTK's wheels expect of the system.  tests: a virtual screen.
# VOXSTUDIO_EXTRA names further Debian packages.  VOXSTUDIO_NO_SYSTEM=1 only prints.
# Nothing is done where nothing is missing, nor on systems other than Linux, whose wheels bring everything.
set -euo pipefail

[ "$(uname)" = Linux ] || exit 0

window="libgl1 libegl1 libglib2.0-0 libfontconfig1 libxkbcommon0 libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0
        libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 fonts-dejavu-core"
tests="xvfb xauth"

wanted=${VOXSTUDIO_EXTRA:-}
for set in "$@"; do
    case $set in
        window) wanted="$wanted $window" ;;
        tests) wanted="$wanted $tests" ;;
        *) echo "system_libs.sh: no such set: $set" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    # Another distribution: its package names are not ours to guess. What the loader cannot find can be named.
    known=$( (ldconfig -p || /sbin/ldconfig -p) 2>/dev/null || true)
    lacking=
    for file in libGL.so.1 libEGL.so.1 libglib-2.0.so.0 libfontconfig.so.1 libxkbcommon.so.0 libdbus-1.so.3 \
                libxkbcommon-x11.so.0 libxcb-cursor.so.0 libxcb-icccm.so.4 libxcb-keysyms.so.1 libxcb-shape.so.0; do
        case $known in *"$file"*) ;; *) lacking="$lacking $file" ;; esac
    done
    [ -z "$known" ] || [ -z "$lacking" ] ||
        echo "The window needs these libraries from your distribution:$lacking" >&2
    exit 0
fi

installed() {
    # Debian 13 and Ubuntu 24.04 renamed some libraries: libglib2.0-0 is libglib2.0-0t64 there.
    for name in "$1" "$1t64"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] && return 0
    done
    return 1
}

missing=()
for package in $wanted; do
    installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
    root=(sudo)
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        VOXSTUDIO_NO_SYSTEM=1
    fi
fi
install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}")
if [ -n "${VOXSTUDIO_NO_SYSTEM:-}" ]; then
    printf 'Some system libraries are missing. Run this, then try again:\n\n    sudo apt-get update && sudo apt-get install --no-install-recommends %s\n\n' "${missing[*]}" >&2
    exit 0
fi

echo "Installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package lists of a fresh machine are empty, or old: only then is the slow update needed.
if ! "${root[@]}" "${install[@]}" >"$log" 2>&1; then
    if ! { "${root[@]}" apt-get update -q && "${root[@]}" "${install[@]}"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        printf 'The system libraries could not be installed. Run this, then try again:\n\n    sudo apt-get update && sudo apt-get install --no-install-recommends %s\n\n' "${missing[*]}" >&2
    fi
fi
