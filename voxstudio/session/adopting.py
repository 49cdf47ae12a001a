"""Looking into a weights file of somebody else, and adding it to the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import VoxStudioError
from voxstudio.engine.jobs import Job
from voxstudio.session.errands import Errands, Say

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.engine.inspection import ForeignFile
    from voxstudio.lab.adopting import Fit, Proposal

WHERE = "inspection"


@dataclass(frozen=True, eq=False)
class Inspection:
    """One open file: the families that fit, best first, and the proposal for the chosen one (None: no family fits)."""

    file: ForeignFile
    fits: tuple[Fit, ...]
    proposal: Proposal | None
    name: str
    """A name for the library that is free."""
    known: str = ""
    """A sentence, if the library has it already."""


class Adopting:
    """What :attr:`Session.adopting` offers; topic ``inspection``. Owner's thread; files are read on the I/O thread.

    Parameters
    ----------
    catalogue: the checkpoints there are. ``refresh`` looks for them anew.
    library: the folder that new checkpoints are put into.
    """

    def __init__(
        self,
        errands: Errands,
        tell: Callable[[], None],
        say: Say,
        catalogue: Callable[[], tuple[Entry, ...]],
        refresh: Callable[[], None],
        library: Path,
    ) -> None:
        self._errands, self._tell, self._say = errands, tell, say
        self._catalogue, self._refresh, self.library = catalogue, refresh, library
        self._current: Inspection | None = None
        self._added = ""

    @property
    def current(self) -> Inspection | None:
        """The open file, or None."""
        return self._current

    @property
    def added(self) -> str:
        """Name of the checkpoint that was added last, or empty."""
        return self._added

    def open(self, path: Path) -> bool:
        """Look into a file; :attr:`current` follows, or a message (``where="checkpoint"``) says what is wrong."""
        known = self._catalogue()

        def work(job: Job) -> Inspection:
            from voxstudio.engine.inspection import inspect_file, known_as, known_in_words
            from voxstudio.lab.adopting import fits, propose
            from voxstudio.lab.checkpoint_names import free_name

            file = inspect_file(path)
            job.progress(0.3, f"Comparing {path.name} with every family")
            found = fits(file, known)
            job.progress(0.7, f"Pairing the names in {path.name}")
            proposal = propose(file, found[0], known) if found else None
            name = free_name(path, [entry.name for entry in known])
            return Inspection(file, found, proposal, name, known_in_words(known_as(file, known)))

        return self._errands.start(f"Looking into {path.name}", work, self._take, "checkpoint")

    def choose(self, index: int) -> None:
        """Take the file for another of :attr:`Inspection.fits`."""
        now = self._current
        if now is None or not 0 <= index < len(now.fits):
            return
        known = self._catalogue()

        def work(_: Job) -> Inspection:
            from voxstudio.lab.adopting import propose

            return replace(now, proposal=propose(now.file, now.fits[index], known))

        self._errands.start(f"Pairing the names in {now.file.path.name}", work, self._take, WHERE)

    def pair(self, wanted: str, found: str | None) -> None:
        """The file's tensor ``found`` (None: nothing) is our ``wanted``; a wrong shape becomes a message."""
        self._change(lambda proposal: proposal.with_name(wanted, found))

    def confirm(self, wanted: str | None = None, right: bool = True) -> None:
        """The guess for one name (None: every guess) is right, or a guess after all."""
        if wanted is None:
            self._change(lambda proposal: proposal.confirmed())
        else:
            self._change(lambda p: p.confirmed((wanted,)) if right else p.doubted(wanted))

    def leave_out(self, incomplete: bool) -> None:
        """Leave out the parts of the network of which tensors are missing."""
        self._change(lambda proposal: replace(proposal, whole_parts=incomplete))

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Options of the recipe that the shapes do not tell: classes, image size."""
        from voxstudio.lab.adopting import set_options

        self._change(lambda proposal: set_options(proposal, options))

    def add(self, name: str) -> bool:
        """Add it to the library under this name; a message says how it went, and the file is closed when it is done."""
        now = self._current
        if now is None or now.proposal is None:
            return False
        proposal, taken = now.proposal, [entry.name for entry in self._catalogue()]

        def work(job: Job) -> Path:
            from voxstudio.lab.adopting import adopt

            return adopt(proposal, name, self.library, taken, job.progress)

        def done(folder: Any) -> None:
            self._added = folder.name
            self._refresh()
            self.close()
            self._say("info", f"{folder.name} is in the library now.", "checkpoint")

        return self._errands.start(f"Adding {name.strip()}", work, done, WHERE)

    def close(self) -> None:
        """Put the file away."""
        if self._current is not None:
            self._current = None
            self._tell()

    def _take(self, found: Any) -> None:
        self._current = found
        self._tell()

    def _change(self, change: Callable[[Proposal], Proposal]) -> None:
        now = self._current
        if now is None or now.proposal is None:
            return
        try:
            self._current = replace(now, proposal=change(now.proposal))
        except VoxStudioError as error:
            self._say("error", str(error), WHERE)
        self._tell()
