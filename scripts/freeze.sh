#!/usr/bin/env bash
# Write constraints.txt from the environment that the tests have just passed in. Local build tags (torch's +cpu) are left
# out, so that every build of that version fits.
set -euo pipefail
cd "$(dirname "$0")/.."
fresh=$(mktemp constraints.XXXXXX)
trap 'rm -f "$fresh"' EXIT
{
    echo "# The versions that the tests pass with. Written by scripts/freeze.sh; pyproject.toml says what is allowed."
    .venv/bin/python -m pip --disable-pip-version-check freeze --exclude-editable --exclude voxstudio |
        sed -E 's/\+[A-Za-z0-9.]+$//' | LC_ALL=C sort -f
} >"$fresh"
chmod 644 "$fresh"
mv "$fresh" constraints.txt
