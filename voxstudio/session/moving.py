"""Moving through a generator's latent space by hand: seed, codes, directions, a place on a path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.latent import Latent
from voxstudio.engine.requests import Draw
from voxstudio.session.previews import Previews

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry

FIRST_SEED, FIRST_TRUNCATION = 1, 0.8


class Moving(Previews):
    """Every method takes ``draft=True`` while a slider moves and is called once with False on release.

    A whole drag is one step of the history. What stands on the stage is where a move starts: a sample, a place on a
    path, or the latent that the encoder found for photos.
    """

    def move(self, name: str, value: float, draft: bool = False) -> bool:
        """Set a code by hand: ``"continuous:0"`` to a number, ``"categorical:1"`` to a value, counted from 1.

        False and a message (``where="codes"``) for a code that the generator lacks or a value out of its range.
        """
        from voxstudio.engine.latent_space import handle, width

        layout = self._model.layout if self._model is not None else ()
        try:
            if layout:
                handle(layout, name).set(np.zeros(width(layout), np.float32), value)
            elif self._model is not None:
                raise BadInput("This checkpoint has no codes to move: choose a generator.")
        except (VoxStudioError, ValueError) as error:
            self._say("error", str(error), "codes")
            return False
        draw = self._base()
        self._go(replace(draw, codes=tuple({**dict(draw.codes), name: float(value)}.items())), draft)
        return True

    def let_go(self, *names: str) -> None:
        """Codes follow the seed again; without names all of them do."""
        draw = self._base()
        kept = tuple((name, value) for name, value in draw.codes if names and name not in names)
        if kept != draw.codes:
            self._go(replace(draw, codes=kept), False)

    def push(self, direction: Latent, amount: float, draft: bool = False) -> None:
        """Stand ``amount`` steps along a direction, counted from where it began; 0 takes the direction away."""
        draw = self._base()
        others = tuple(pair for pair in draw.pushes if pair[0] is not direction)
        keep = amount != 0.0 or draft
        self._go(replace(draw, pushes=(*others, (direction, float(amount))) if keep else others), draft)

    def stop_pushing(self) -> None:
        """Take every direction away."""
        draw = self._base()
        if draw.pushes:
            self._go(replace(draw, pushes=()), False)

    def place(self, latent: Latent, origin: str, label: str | None = None, draft: bool = False) -> None:
        """Stand at a latent; ``origin`` says in words where it comes from. What was moved by hand is left behind."""
        self._go(Draw(label, latent.seed or 0, self._base().truncation, latent, origin=origin), draft)

    def vary(
        self, seed: int | None = None, truncation: float | None = None, label: str | None = None, draft: bool = False
    ) -> None:
        """Draw anew with another seed, truncation or class; codes set by hand and directions stay as they are.

        A class the checkpoint lacks becomes a message (``where="codes"``). After a place that was not drawn, a new
        seed or truncation leads back to drawing; a new class keeps the latent.
        """
        if label is not None and label not in self.labels:
            self._say("error", f"The class must be one of {', '.join(self.labels)}, not {label!r}.", "codes")
            return
        before = self._base()
        drawn = seed is not None or truncation is not None
        draw = replace(
            before,
            seed=before.seed if seed is None else int(seed),
            truncation=before.truncation if truncation is None else float(truncation),
            label=before.label if label is None else label,
            start=None if drawn else before.start, origin="" if drawn else before.origin,
        )  # fmt: skip
        self._go(draw, draft)

    # ---- inside --------------------------------------------------------------------------------

    def _base(self) -> Draw:
        """Where a move starts."""
        if isinstance(self._draw, Draw):
            return self._draw
        label = self._options.label
        shown, here = self._shown, str(self._checkpoint.folder) if self._checkpoint else ""
        if shown is not None and shown.key == here and shown.latent.codes:
            return Draw(label, FIRST_SEED, FIRST_TRUNCATION, shown.latent, origin=shown.origin)
        return Draw(label, FIRST_SEED, FIRST_TRUNCATION)

    def _go(self, draw: Draw, draft: bool) -> None:
        """Ask for a draw; the first of a drag is remembered, the others replace it."""
        if not self._dragging:
            if draw == self._draw and not draft:
                return
            self._remember()
            card = self._checkpoint.card if self._checkpoint else None
            if self.given is not None and card is not None:
                self._set(replace(self._options, iso=card.iso_level))  # a model's shape again: its own threshold
        if not draft:
            self.settle("codes")
        self._dragging = draft
        self._draw = draw
        self._submit(draft=draft)

    def _leave_latent(self, entry: Entry) -> None:
        """Before another checkpoint is chosen: it keeps class, seed and truncation; undo leads back to the rest."""
        draw, now = self._draw, self._checkpoint
        if isinstance(draw, Draw) and now is not None and now.folder != entry.folder:
            plain = Draw(draw.label, draw.seed, draw.truncation)
            if plain != draw:
                self._remember()
                self._draw, self._dragging = plain, False
