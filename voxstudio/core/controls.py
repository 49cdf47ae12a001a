"""Controls that a family asks for; the window draws them, the command line names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slider:
    """A number between ``low`` and ``high``."""

    name: str
    title: str
    low: float
    high: float
    default: float
    unit: str = ""
    help: str = ""


@dataclass(frozen=True)
class Choice:
    """One of several named values."""

    name: str
    title: str
    values: tuple[str, ...]
    default: str
    help: str = ""


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    title: str
    default: bool
    help: str = ""


@dataclass(frozen=True)
class ImageSlot:
    """Room for one or more images."""

    name: str
    title: str
    least: int = 1
    most: int = 64
    help: str = ""


Control = Slider | Choice | Toggle | ImageSlot
