"""What the codes of the open generator do, and directions through its latent space. Topic ``latents``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.card import Card
from voxstudio.core.latent import Latent
from voxstudio.engine.jobs import Job
from voxstudio.session.bench import Bench
from voxstudio.session.errands import Errands, Place, Say
from voxstudio.session.values import Shown

if TYPE_CHECKING:
    from voxstudio.engine.requests import ModelInfo
    from voxstudio.evaluation.code_labels import CodeLabel, CodeLabels
    from voxstudio.lab.directions import Directions

WHERE = "codes"


@dataclass(frozen=True, eq=False)
class Subject:
    """A generator, and the class of it that is looked at (None where it makes but one)."""

    model: ModelInfo
    card: Card
    label: str | None

    @property
    def folder(self) -> Path:
        """The folder of its checkpoint."""
        return Path(self.model.key)

    def is_same(self, other: Subject | None) -> bool:
        """True if what was found out about the other holds for this one."""
        return other is not None and (self.model.key, self.label) == (other.model.key, other.label)


@dataclass(frozen=True, eq=False)
class Direction:
    """One step along ``axis`` is one standard deviation; ``words`` say what it moves, empty if nothing stands out."""

    axis: Latent
    title: str
    words: str


class Latents:
    """What :attr:`Session.latents` offers. Results are kept in the person's data and are there the next time.

    Parameters
    ----------
    errands: runs work. tell: tells the topic. say: tells the person. bench: where models for long work are opened.
    subject: what is open now, None if that is no generator. shown: what stands on the stage.
    place: stands at a latent (:meth:`Session.place`).
    """

    def __init__(
        self, errands: Errands, tell: Callable[[], None], say: Say, bench: Bench, subject: Callable[[], Subject | None],
        shown: Callable[[], Shown | None], place: Place,
    ) -> None:  # fmt: skip
        self._errands, self._tell, self._say, self._bench, self._wanted = errands, tell, say, bench, subject
        self._shown, self._place = shown, place
        self._subject: Subject | None = None
        self._labels: CodeLabels | None = None
        self._directions: tuple[Direction, ...] = ()
        self._busy = ""

    @property
    def busy(self) -> str:
        """What is measured now: ``"labels"``, ``"directions"`` or nothing."""
        return self._busy

    @property
    def measured(self) -> bool:
        """True if it is known what the codes of the open generator do."""
        return self._labels is not None

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Directions that were found, the widest first."""
        return self._directions

    def words(self, axis: str) -> str:
        """What a code was found to move: ``seat width · r 0.91``; empty if that is not known."""
        label = self._labels.of.get(axis) if self._labels is not None else None
        return told_label(label) if label is not None else ""

    def value_names(self, axis: str) -> tuple[str, ...]:
        """A word for each value of a choice; empty if none were found."""
        label = self._labels.of.get(axis) if self._labels is not None else None
        return label.values if label is not None else ()

    def follow(self) -> None:
        """Another checkpoint or class may be open: take what was found out about it before."""
        wanted = self._wanted()
        if wanted is None or wanted.is_same(self._subject):
            return
        self._subject, self._labels, self._directions = wanted, None, ()
        self._tell()

        def work(_: Job) -> tuple[CodeLabels | None, Directions | None]:
            from voxstudio.lab.directions import stored_directions
            from voxstudio.lab.sweeps import stored_labels

            labels = stored_labels(wanted.card, wanted.label)
            return labels, stored_directions(wanted.card, wanted.model.layout, wanted.label)

        def done(found: Any) -> None:
            labels, directions = found
            if wanted is self._subject:
                self._labels = labels
                self._take_directions(directions, wanted)

        if wanted.card.sha256:
            self._errands.start("Looking for what is known of the codes", work, done, WHERE, seen=False)

    def measure(self) -> bool:
        """Sweep every code on the bench thread and label it; False and a message if there is nothing to measure."""

        def work(job: Job, subject: Subject) -> CodeLabels:
            from voxstudio.lab.sweeps import find_labels, labels_path, save_labels

            with self._bench.at_work(subject.folder) as model:
                found = find_labels(model, subject.label, partial(_told, job, _titles(subject)))
            save_labels(found, labels_path(subject.card, subject.label))
            return found

        def done(subject: Subject, found: Any) -> None:
            if subject.is_same(self._subject):
                self._labels = found
            titles = _titles(subject)
            known = [label for label in found.labels if label.handle in titles]
            named = sum(bool(label.title) for label in known)
            self._say("info", f"Measured {len(known)} codes: {named} move something that has a name.", WHERE)

        return self._start("labels", "Measuring what the codes do", work, done)

    def find_directions(self) -> bool:
        """Find principal directions on the bench thread and name them; False and a message if there are none."""

        def work(job: Job, subject: Subject) -> Directions:
            from voxstudio.lab.directions import directions_path, find_directions, save_directions

            with self._bench.at_work(subject.folder) as model:
                found = find_directions(model, label=subject.label, progress=job.progress)
            save_directions(found, directions_path(subject.card, subject.label))
            return found

        def done(subject: Subject, found: Any) -> None:
            if subject.is_same(self._subject):
                self._take_directions(found, subject)

        return self._start("directions", "Finding directions", work, done)

    # ---- codes as files ------------------------------------------------------------------------

    def save(self, path: Path | str) -> bool:
        """Write the code of the shape on the stage as JSON; a message (``where="codes"``) says how it went."""
        target, subject, shown = Path(path), self._wanted(), self._shown()
        if subject is None or shown is None or shown.key != subject.model.key or not shown.latent.codes:
            self._say("error", "The shape on the stage has no code to save: make one with this checkpoint.", WHERE)
            return False
        latent, label, card = shown.latent, shown.label, subject.card

        def work(_: Job) -> None:
            from voxstudio.engine.latent_file import save_latent

            save_latent(target, latent, card, label if subject.label is not None else None)

        def done(_: Any) -> None:
            self._say("info", f"Saved the code as {target.name}.", WHERE)

        return self._errands.start(f"Writing {target.name}", work, done, WHERE)

    def load(self, path: Path | str) -> bool:
        """Stand at a code that was saved; one of another checkpoint becomes a message that names it."""
        source, subject = Path(path), self._wanted()
        if subject is None:
            self._say("error", "This checkpoint has no codes: choose the generator that made this one.", WHERE)
            return False

        def work(_: Job) -> tuple[Latent, str | None]:
            from voxstudio.engine.latent_file import load_latent

            return load_latent(source, subject.card, subject.model.layout)

        def done(found: Any) -> None:
            latent, label = found
            self._place(latent, source.name, label)

        return self._errands.start(f"Reading {source.name}", work, done, WHERE)

    # ---- inside --------------------------------------------------------------------------------

    def _start(
        self, what: str, words: str, work: Callable[[Job, Subject], Any], done: Callable[[Subject, Any], None]
    ) -> bool:
        subject = self._wanted()
        if subject is None:
            self._say("error", "This checkpoint has no codes to look at: choose a generator.", WHERE)
            return False
        if self._busy:
            self._say("error", "Something is measured already: wait for it, or cancel it.", WHERE)
            return False
        self._busy = what
        started = self._errands.start(
            words, partial(_call, work, subject), partial(done, subject), WHERE, bench=True, over=self._over
        )  # fmt: skip
        if not started:
            self._busy = ""
        self._tell()
        return started

    def _over(self) -> None:
        self._busy = ""
        self._tell()

    def _take_directions(self, found: Directions | None, subject: Subject) -> None:
        from voxstudio.engine.latent_space import unflat

        items = found.items if found is not None else ()
        self._directions = tuple(
            Direction(
                unflat(item.vector, subject.model.layout), item.name.replace("Direction", "Axis"),
                told_label(item.label) if item.label is not None else "",
            )
            for item in items
        )  # fmt: skip
        self._tell()


def _titles(subject: Subject) -> dict[str, str]:
    """The controls' words for their codes."""
    return {control.name: control.title for control in subject.model.controls}


def _told(job: Job, titles: dict[str, str], fraction: float, words: str) -> None:
    """Progress that calls a code as its control is called."""
    job.progress(fraction, " ".join(titles.get(word, word) for word in words.split()))


def _call(work: Callable[[Job, Subject], Any], subject: Subject, job: Job) -> Any:
    return work(job, subject)


def told_label(label: CodeLabel) -> str:
    """``seat width · r 0.91``, with eta for a choice; says so if nothing stands out."""
    if not label.title:
        return "nothing measured stands out"
    return f"{label.title} · {'η' if label.is_choice else 'r'} {label.r:.2f}".replace("-", "−")
