"""What every test gets: folders of its own, and leak checks that attach themselves to whatever uses Qt."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Two threads of torch beside Qt and VTK on two cores stall each other; set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("QT_API", "pyside6")

# Settings, caches and recent files of the person who runs the tests stay untouched.
_HOME = tempfile.TemporaryDirectory(prefix="voxstudio-tests-", ignore_cleanup_errors=True)
for _name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "MPLCONFIGDIR"):
    os.environ[_name] = str(Path(_HOME.name) / _name.lower())
    Path(os.environ[_name]).mkdir()

settings.register_profile(
    "house",
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
settings.register_profile("soak", parent=settings.get_profile("house"), max_examples=1000, derandomize=False)
settings.load_profile("house")

QT_FIXTURES = {"qtbot", "qapp"}
GRACE_S = 5.0
"""How long closing may take: a thread that is told to stop finishes the network's pass it is in."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked ``soak`` may look for longer."""
    for item in items:
        if item.get_closest_marker("soak") and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20240)


@pytest.fixture(autouse=True)
def _no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that used Qt: no thread, timer, window or VTK render window more than before it.

    It is set up before ``qtbot`` and torn down after it, that is, after the widgets were closed and deleted.
    The test of the checks themselves names what they must find with ``expect_leaks``.
    """
    if not QT_FIXTURES & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    before = _Census.take()
    yield
    expected: list[str] = getattr(request.node, "expected_leaks", [])
    leaks = _wait_for(lambda: _Census.take().more_than(before), GRACE_S if not expected else 0.3)
    found = [leak for leak in leaks if not any(word in leak for word in expected)]
    missed = [word for word in expected if not any(word in leak for leak in leaks)]
    assert not found, "left behind: " + "; ".join(found)
    assert not missed, "the checks missed: " + "; ".join(missed)


@pytest.fixture
def expect_leaks(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Tell the leak checks which words their findings must contain."""

    def expect(*words: str) -> None:
        request.node.expected_leaks = list(words)

    return expect


class _Census:
    """What is alive: threads, running timers, top-level widgets, VTK render windows.

    Identities and names are taken at once: later the C++ half of an object may be gone.
    """

    def __init__(self, **kinds: Iterable[Any]) -> None:
        self.found = {_identity(one): f"{kind.replace('_', ' ')} {_name(one)}" for kind in kinds for one in kinds[kind]}

    @classmethod
    def take(cls) -> _Census:
        from PySide6.QtCore import QEvent, QThread, QTimer
        from PySide6.QtWidgets import QApplication
        from shiboken6 import createdByPython, isValid

        for _ in range(3):
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QApplication.processEvents()
        gc.collect()
        # type(), not isinstance(): that would wake lazy objects that only pretend to be of a class. What C++ made is
        # left out: its wrapper does not learn that the object is gone, and asking it anything would crash.
        alive = gc.get_objects()
        ours = [
            one for one in alive if issubclass(type(one), QTimer | QThread) and createdByPython(one) and isValid(one)
        ]
        kind = getattr(sys.modules.get("vtkmodules.vtkRenderingCore"), "vtkRenderWindow", None)
        return cls(
            thread=[
                *(one for one in threading.enumerate() if one.is_alive()),
                *(one for one in ours if isinstance(one, QThread) and one.isRunning()),
            ],
            timer=[one for one in ours if isinstance(one, QTimer) and one.isActive()],
            widget=[one for one in QApplication.topLevelWidgets() if isValid(one)],
            render_window=[one for one in alive if kind and issubclass(type(one), kind)],
        )

    def more_than(self, before: _Census) -> list[str]:
        return [name for identity, name in self.found.items() if identity not in before.found]


def _identity(one: Any) -> int:
    """The object itself: what Qt made is handed to Python in a new wrapper each time."""
    from PySide6.QtCore import QObject
    from shiboken6 import getCppPointer

    return int(getCppPointer(one)[0]) if issubclass(type(one), QObject) else id(one)


def _name(one: Any) -> str:
    """Words that find the culprit: a thread's name, a widget's class and title."""
    if isinstance(one, threading.Thread):
        return one.name
    title = one.windowTitle() if hasattr(one, "windowTitle") else ""
    name = one.objectName() if hasattr(one, "objectName") else ""
    parent = one.parent() if hasattr(one, "parent") else None
    words = [type(one).__name__, repr(title) if title else "", name, f"of {type(parent).__name__}" if parent else ""]
    return " ".join(word for word in words if word)


def _wait_for(leaks: Callable[[], list[str]], seconds: float) -> list[str]:
    """The leaks that remain when they had time to go."""
    end = time.monotonic() + seconds
    found = leaks()
    while found and time.monotonic() < end:
        time.sleep(0.05)
        found = leaks()
    return found
