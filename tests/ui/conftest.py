"""The real window with a stand-in for the network, and pictures to drop on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import demo_model
import pytest
from driver import Driver
from PIL import Image, ImageDraw


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three pictures of something like a chair on plain ground, of different colours."""
    found = []
    for index, colour in enumerate(((150, 60, 40), (40, 110, 160), (60, 140, 70))):
        image = Image.new("RGB", (200, 180), (235, 236, 240))
        draw = ImageDraw.Draw(image)
        draw.rectangle((60, 30, 80 + 10 * index, 150), fill=colour)
        draw.rectangle((60, 90, 140, 105), fill=colour)
        draw.rectangle((128, 100, 140, 150), fill=colour)
        path = tmp_path / f"view-{index}.png"
        image.save(path)
        found.append(path)
    return found


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of checkpoints: two that open, one that is broken."""
    folder = tmp_path / "checkpoints"
    demo_model.write_demo(folder / "chair-multiview", demo_model.demo_card("chair-multiview", "Chairs, many views"))
    demo_model.write_demo(folder / "other", demo_model.demo_card("other", "Other chairs"))
    (folder / "broken").mkdir()
    (folder / "broken" / "card.json").write_text("{this is not JSON")
    monkeypatch.setenv("VOXSTUDIO_CHECKPOINTS", str(folder))
    return folder


@pytest.fixture
def open_window(qtbot: Any, library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Driver]]:
    """Open the real window; it is closed again after the test."""
    from voxstudio.engine import inference
    from voxstudio.ui import theme
    from voxstudio.ui.run import Studio, application

    monkeypatch.setattr(inference.InferenceThread, "_load", inference.InferenceThread._load)
    opened: list[Driver] = []

    def open_it(
        colours: str = "light", size: tuple[int, int] = (1280, 800), slow_s: float = 0.0, **options: Any
    ) -> Driver:
        demo_model.install(slow_s, options.pop("model", demo_model.DemoModel))
        theme.apply(application(), colours)
        first_shape = options.pop("first_shape", False)
        driver = Driver(Studio(size=size, first_shape=first_shape, **options))
        opened.append(driver)
        driver.window.show()
        driver.until(lambda: driver.is_ready and driver.session.model is not None)
        if not first_shape:
            driver.settle()
        return driver

    yield open_it
    for driver in opened:
        driver.leave()


@pytest.fixture
def studio(open_window: Callable[..., Driver]) -> Driver:
    """One window in the light theme."""
    return open_window()
