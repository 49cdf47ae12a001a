"""One import of a large library at a time, whichever thread asks for it.

pyvista and the plots both import matplotlib. Where two threads do so at once, each holds modules that the other waits
for; Python then hands out one half imported, and both fail.
"""

from __future__ import annotations

import threading

ONE_AT_A_TIME = threading.Lock()
"""Held by a thread while it imports pyvista, pyvistaqt or matplotlib."""
