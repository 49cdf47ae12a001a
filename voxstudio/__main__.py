"""``python -m voxstudio``."""

from __future__ import annotations

import sys

from voxstudio.app import main

if __name__ == "__main__":
    sys.exit(main())
