"""Compile a loop with numba, wherever the package was installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile ``function`` without Python objects and without the GIL; keep the machine code on disk if possible.

    numba keeps it beside the source file or, where that folder is read-only, in the user's cache folder.
    Where neither can be written it refuses to decorate at all; then each process compiles for itself.
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:
        return cast(Function, numba.njit(nogil=True)(function))
