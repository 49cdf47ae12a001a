"""A generator of one's own for work that takes long, so that the sliders keep theirs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voxstudio.lab.opening import open_any

FEW_CORES = 8


class Bench:
    """Keeps the model that was opened last. Every method is called on the bench thread (see ``Errands.start``)."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._model: tuple[Path, Any] | None = None

    def model(self, folder: Path) -> Any:
        """The model of a checkpoint's folder, opened if it is not the last one; BadCheckpoint as ``open_any``."""
        if self._model is None or self._model[0] != folder:
            self._model = None
            self._model = (folder, open_any(folder, self._device))
        return self._model[1]

    @contextlib.contextmanager
    def at_work(self, folder: Path) -> Iterator[Any]:
        """The model, with one thread of torch's where there are few cores: the others belong to the sliders."""
        import torch

        before = torch.get_num_threads()
        if (os.cpu_count() or 1) <= FEW_CORES:
            torch.set_num_threads(1)  # of this thread, and of threads that are begun later: hence the way back
        try:
            yield self.model(folder)
        finally:
            torch.set_num_threads(before)
