"""The program as a person runs it: in a process of its own, or in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import SMALL

from voxstudio import app

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = [
    part
    for name, value in SMALL.items()
    for part in (f"--{name.replace('_', '-')}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value))
]
"""Options of ``train`` that make the smallest network."""
Here = Callable[..., tuple[int, str, str]]
"""Runs a command in this process: exit status, standard output, standard error."""


def command(*arguments: object) -> list[str]:
    """What a person types."""
    return [sys.executable, str(ROOT / "main.py"), *map(str, arguments)]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, without a display."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        command(*arguments), env={**kept, **environment}, capture_output=True, text=True, timeout=150, check=False
    )


def in_process(capfd: pytest.CaptureFixture[str]) -> Here:
    """What a fixture ``here`` gives to a test."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        status = app.main([str(argument) for argument in arguments])
        output = capfd.readouterr()
        return status, output.out, output.err

    return call
