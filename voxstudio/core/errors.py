"""Errors that a person reads: one sentence that names the file and the cure."""

from __future__ import annotations


class VoxStudioError(Exception):
    """A failure that is told to the person in one sentence.

    The message is complete: what happened, to which file, and what to do. The command line prints
    it on stderr and exits with 1; the window shows it in the panel concerned.
    """


class BadInput(VoxStudioError):
    """The person's file, folder or option cannot be used."""


class BadCheckpoint(VoxStudioError):
    """A checkpoint is missing, damaged, unsafe, or does not fit its card."""


class CannotWrite(VoxStudioError):
    """A result could not be written; nothing half-written was left."""


class Diverged(VoxStudioError):
    """Values became infinite or lost all bounds; the last good state stands."""


class Cancelled(Exception):
    """The person asked the running work to stop."""
