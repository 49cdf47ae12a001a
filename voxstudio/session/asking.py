"""Asking the inference thread for a shape, and taking what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from voxstudio.engine.inference import InferenceThread
from voxstudio.engine.inputs import View
from voxstudio.engine.requests import Contributed, Done, Draw, Event, Frame, Given, ModelInfo, Opened, Request, Result
from voxstudio.session.hints import hint
from voxstudio.session.state import State
from voxstudio.session.values import Shown
from voxstudio.session.words import told_draw

SHAPES = ("result", "export", "codes", "path")
"""What these complained of is over once a shape that was wanted later stands on the stage."""


class Asking(State):
    """The session's side of the inference thread. ``open_model`` is called there."""

    def __init__(
        self, post: Callable[[Callable[[], None]], Any], folders: tuple[Path, ...], device: str,
        open_model: Callable[[Path, str], Any],
    ) -> None:
        super().__init__(post, folders, device)
        self._worker = InferenceThread(lambda event: self._hand(partial(self._take, event)), open_model)

    def note_drawn(self, number: int, draw_ms: float) -> None:
        """The viewport drew result ``number`` in ``draw_ms`` milliseconds. ``times`` follows, but not in a drag."""
        if self._shown is not None and self._shown.number == number:
            total = (time.perf_counter() - self._shown.asked_at) * 1000.0 + self._shown.times.get("read", 0.0)
            times = {**self._shown.times, "draw": draw_ms}
            self._shown = replace(self._shown, times=times, total_ms=max(total, sum(times.values())))
            if not self._shown.draft:
                self._tell("times")

    def cancel(self) -> None:
        """Stop everything that runs. What is shown stays; the outcome of stopped work is dropped."""
        self._floor = next(self._numbers)
        self._worker.withdraw()
        if self._errands.stop_all():
            self._say("info", "Cancelled.", "result")

    def close(self) -> None:
        """Stop and join both threads. Nothing is called back afterwards. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._subscribers.clear()
        self._worker.close()
        self._errands.close()

    # ---- inside --------------------------------------------------------------------------------

    def _submit(self, draft: bool = False) -> None:
        """Ask the inference thread for what is wanted now; replaces what waits there."""
        if self._checkpoint is None and not isinstance(self._draw, Given):
            if self._views or self._draw is not None:
                self._say("error", "There is no checkpoint to work with: put one into the library.", "checkpoint")
            return
        options, draw = self._options, self._draw
        views = () if draw is not None else tuple(v for v in self._views if v.id != self._preview)
        for older, _, _ in self._asked.values():
            self._errands.forget(older.job)
        folder = self._checkpoint.folder if self._checkpoint is not None else None
        words = "Making the shape" if folder is None or self._model is not None else f"Opening {folder.name}"
        job = self._errands.job(words)
        whole = draw is None and self._preview is None and not draft
        request = Request(
            next(self._numbers), str(folder or ""), folder or Path(), self._device, job, views,
            draw, options.fusion, options.label, options.iso, options.style, options.smoothing,
            options.colour_by == "confidence", draft, whole, self._against, options.remove_crumbs,
        )
        if whole:
            self._compared = request.number
        self._asked = {n: asked for n, asked in self._asked.items() if n > self._floor}
        self._asked[request.number] = (request, self._origin(views), time.perf_counter())
        if not (draft and self._model is not None):  # a drag is no work that a person waits for
            self._errands.began(job)
        self._worker.submit(request)

    def _origin(self, views: tuple[View, ...]) -> str:
        if isinstance(self._draw, Given):
            return self._draw.origin
        if self._draw is not None:
            if self._model is not None:
                return told_draw(self._draw, self._model.controls)
            card = self._checkpoint.card if self._checkpoint is not None else None  # still being opened
            recipe = card.network.get("recipe") if card is not None else None
            return told_draw(self._draw, (), bool(recipe.get("conditional")) if isinstance(recipe, dict) else None)
        words = "1 photo" if len(views) == 1 else f"{len(views)} photos, {self._options.fusion}"
        left_out = [view.name for view in self._views if view.id == self._preview]
        return f"{words}, without {left_out[0]}" if left_out else words

    def _take(self, event: Event) -> None:
        """One event from the inference thread, on the owner's thread."""
        if isinstance(event, Frame):
            self._take_frame(event)
            return
        asked = self._asked.get(event.number)
        if asked is None:
            return
        request, origin, asked_at = asked
        if isinstance(event, Done):
            for number in [n for n in self._asked if n <= event.number]:
                self._errands.ended(self._asked.pop(number)[0].job)
        elif isinstance(event, Opened):
            if self._checkpoint is not None and str(self._checkpoint.folder) == event.info.key:
                self._take_model(event.info)
        elif event.number <= self._floor:
            return
        elif isinstance(event, Result):
            self._take_result(event, request, origin, asked_at)
        elif isinstance(event, Contributed):
            if event.number == self._compared:
                self._contributions = event.items
                self._tell("contributions")
                share = len(event.items) / len(request.views)
                self._errands.progressed(request.job, share, "Comparing without each view")
        else:
            self._say("error", event.sentence, "checkpoint" if event.opening else "result")

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self._set(self._fitted(self._options))
        self._tell("checkpoint")
        if info.note:
            self._say("warning", info.note, "checkpoint")

    def _take_frame(self, frame: Frame) -> None:
        """A shape that was asked for aside; whoever asks overrides this."""

    def _take_result(self, result: Result, request: Request, origin: str, asked_at: float) -> None:
        """Shown if newer than what is shown (not: equal to the newest, or nothing would move in a drag)."""
        current = str(self._checkpoint.folder) if self._checkpoint else ""
        if result.key != current or (self._shown is not None and result.number <= self._shown.number):
            return
        times = {"read": sum(view.read_ms for view in request.views), **result.times}
        name = self._checkpoint.name if self._checkpoint else ""
        name = request.draw.maker if isinstance(request.draw, Given) else name
        before = self._shown
        if before is not None and before.latent is result.latent:
            note = before.note  # only the threshold moved
        else:
            note = result.note or hint(result.grid, request.views)
        self._shown = Shown(
            result.number, name, result.grid, result.surface, result.latent, times, result.device,
            origin, note, result.draft, result.key, request.draw,
            request.draw.label if isinstance(request.draw, Draw) else request.label,
            result.side, result.difference, asked_at, pieces=result.pieces, crumbs=result.crumbs,
        )
        if not result.draft:
            for where in SHAPES:
                self.settle(where, asked_at)
        self._tell("shown")
        if self._untold:
            self._untold = False
            self._tell("options")
        if result.surface.is_empty and not result.draft:
            self._say("warning", "Nothing reaches this threshold: lower it to see a shape.", "result")
