"""The pictures of a session: read, added, removed, moved, and framed for the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from voxstudio.core.errors import VoxStudioError
from voxstudio.core.picture import Picture
from voxstudio.engine.inputs import View, make_view, read_view, reframed
from voxstudio.engine.jobs import Job
from voxstudio.engine.requests import ModelInfo
from voxstudio.session.steps import Steps


class Pictures(Steps):
    """What is done with the views; files are read on the I/O thread."""

    def add_images(self, paths: Sequence[Path | str]) -> None:
        """Read image files on the I/O thread, remove their backgrounds, add them as views.

        Files that cannot be used become one message (``where="images"``); the others are added
        together, as one step of the history. Cancelling adds none.
        """
        files = [Path(path) for path in paths]
        self._read([(path.name, partial(read_view, path)) for path in files])

    def add_picture(self, picture: Picture) -> None:
        """Add a picture that is in memory already (paste)."""
        name = picture.name or "pasted picture"
        self._read([(name, lambda size, remove: make_view(picture, size, remove, name=name))])

    def add_image_bytes(self, data: bytes, name: str) -> None:
        """Add a picture from the bytes of an image file (dropped from a browser)."""

        def read(size: int, remove: bool) -> View:
            from voxstudio.geometry.image_io import read_image_bytes

            return make_view(read_image_bytes(data, name), size, remove, name=name)

        self._read([(name, read)])

    def remove_view(self, view_id: int) -> None:
        """Remove one view. The encoder's results for the others are kept."""
        self._change(views=tuple(view for view in self._views if view.id != view_id))

    def move_view(self, view_id: int, position: int) -> None:
        """Move one view to another position."""
        moved = [view for view in self._views if view.id == view_id]
        rest = [view for view in self._views if view.id != view_id]
        self._change(views=tuple(rest[:position] + moved + rest[position:]))

    def clear_views(self) -> None:
        """Remove all views and what is shown."""
        self._change(views=(), draw=None)

    def set_remove_background(self, which: int | str, on: bool) -> None:
        """Remove the background of one view (its id) or of ``"all"``, or bring it back.

        For ``"all"`` it also becomes the wish for pictures to come. Runs on the I/O thread.
        """
        if which == "all":
            self._set(replace(self._options, remove_background=on))
        chosen = {view.id for view in self._views if which in ("all", view.id) and view.remove_background != on}
        if chosen:
            self._reframe(chosen, on)

    # ---- inside --------------------------------------------------------------------------------

    def _read(self, sources: list[tuple[str, Callable[[int, bool], View]]]) -> None:
        """Make views on the I/O thread; the good ones are added together."""
        size, remove = self._image_size(), self._options.remove_background
        words = f"Reading {sources[0][0]}" if len(sources) == 1 else f"Reading {len(sources)} pictures"

        def work(job: Job) -> tuple[list[View], list[str]]:
            views, problems = [], []
            for index, (name, read) in enumerate(sources):
                job.progress(index / len(sources), f"Reading {name}")
                try:
                    views.append(read(size, remove))
                except VoxStudioError as error:
                    problems.append(str(error))
            job.check()
            return views, problems

        def done(outcome: Any) -> None:
            views, problems = outcome
            if views:
                self._change(views=self._views + tuple(views), draw=None)
            if len(problems) == 1:
                self._say("error", problems[0], "images")
            elif problems:
                lead = f"{len(problems)} of {len(sources)} files could not be used: {problems[0]}"
                self._say("error", lead, "images", tuple(problems))

        if sources:
            self._errands.start(words, work, done, "images")

    def _reframe(self, chosen: set[int], remove: bool | None = None) -> None:
        """Make the network's image of some views anew; a wish about the background is a step of the history."""
        if not chosen:
            return
        before, size = self._views, self._image_size()

        def work(job: Job) -> dict[int, View]:
            made: dict[int, View] = {}
            for view in before:
                if view.id in chosen:
                    job.progress(len(made) / len(chosen))
                    made[view.id] = reframed(view, size, remove)
            return made

        def done(made: Any) -> None:
            views = tuple(made.get(view.id, view) for view in self._views)
            if remove is not None:
                self._change(views=views)
            else:
                self._apply(views, self._options, self._draw)

        self._errands.start("Preparing the pictures", work, done, "images")

    def _take_model(self, info: ModelInfo) -> None:
        super()._take_model(info)
        if info.image_size:
            self._reframe({view.id for view in self._views if view.network.shape[0] != info.image_size})
