#!/usr/bin/env bash
# Make the virtual environment in the folder given, with the first Python of at least 3.11 that is found.
# PYTHON=/path/to/python chooses another. An environment that works is left as it is.
set -euo pipefail
folder=${1:?usage: make_venv.sh FOLDER}

if [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3.14 python3 python; do
    if good "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "${python:-}" ]; then
    echo "VoxStudio needs Python 3.11 or newer and found none: install it, or name one with PYTHON=/path/to/python make setup" >&2
    exit 1
fi

# Debian keeps venv's pip in a package of its own.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    VOXSTUDIO_EXTRA="python$version-venv" bash "$(dirname "$0")/system_libs.sh"
fi
if ! "$python" -m venv --clear "$folder"; then
    echo "No virtual environment could be made in $folder with $python: see the message above" >&2
    exit 1
fi
echo "Made $folder with $("$python" --version)"
