"""The states of an ascent that are kept, and its curves: bounded memory, the older the thinner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from voxstudio.core.ascent import AscentState

Curve = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]

MOST_STATES, MOST_BYTES = 300, 160 * 2**20


class Trail:
    """States by their step. Curves know every step, also those whose state made room."""

    def __init__(self) -> None:
        self._states: list[AscentState] = []
        self._every = 1
        self._steps: list[int] = []
        self._energies: list[npt.NDArray[np.float32]] = []
        self._probabilities: list[npt.NDArray[np.float32]] = []
        self._left: tuple[list[int], list[npt.NDArray[np.float32]]] = ([], [])

    def __len__(self) -> int:
        return len(self._states)

    def __getitem__(self, index: int) -> AscentState:
        return self._states[index]

    @property
    def steps(self) -> tuple[int, ...]:
        """The step of each kept state."""
        return tuple(state.step for state in self._states)

    @property
    def cascades(self) -> tuple[tuple[int, int], ...]:
        """Where a network took over, as far as it is kept: step and number of the network."""
        found: list[tuple[int, int]] = []
        for state in self._states:
            if not found or found[-1][1] != state.cascade:
                found.append((state.step, state.cascade))
        return tuple(found)

    @property
    def best(self) -> int | None:
        """Which kept state of the last network has the least energy, in the mean of its chains; None without one."""
        if not self._states:
            return None
        last = self._states[-1].cascade
        means = [float(one.energies.mean()) if one.cascade == last else np.inf for one in self._states]
        return int(np.argmin(np.nan_to_num(means, nan=np.inf)))

    def add(self, states: Sequence[AscentState]) -> None:
        """Keep these, which follow upon the last."""
        for state in states:
            self._steps.append(state.step)
            self._energies.append(state.energies)
            self._probabilities.append(state.probabilities)
            if len(self._states) > 1 and self._states[-1].step % self._every:
                self._states.pop()  # the last state is always there; it makes room unless it is one of the kept
            self._states.append(state)
        most = min(MOST_STATES, max(8, MOST_BYTES // max(_size(self._states[-1]), 1)))
        while len(self._states) > most:
            self._every *= 2
            first, last = self._states[0], self._states[-1]
            between = [state for state in self._states[1:-1] if state.step % self._every == 0]
            self._states = [first, *between, last]

    def cut(self, index: int, remember: bool = False) -> AscentState:
        """Forget what came after a state, which is returned; ``remember``: its energies stay as :attr:`left_behind`."""
        state = self._states[index]
        del self._states[index + 1 :]
        keep = next((k for k, step in enumerate(self._steps) if step > state.step), len(self._steps))
        if remember and keep < len(self._steps):
            start = max(keep - 1, 0)
            self._left = (self._steps[start:], self._energies[start:])
        del self._steps[keep:], self._energies[keep:], self._probabilities[keep:]
        return state

    def energy(self, chain: int) -> Curve:
        """The energy of a chain at every step."""
        return _curve(self._steps, [row[chain] for row in self._energies])

    def left_behind(self, chain: int) -> Curve | None:
        """The energy of what was left at the last branch; None without one."""
        steps, rows = self._left
        if len(steps) < 2 or chain >= len(rows[0]):
            return None
        return _curve(steps, [row[chain] for row in rows])

    def probabilities(self, chain: int, classes: Sequence[str], most: int = 4) -> Mapping[str, Curve]:
        """Class probabilities of a chain, of those classes that ever were likeliest or are now, at most ``most``."""
        if not self._probabilities or self._probabilities[-1].shape[1] != len(classes) or not classes:
            return {}
        rows = np.stack([row[chain] for row in self._probabilities])
        now = np.argsort(-rows[-1])[: max(most - 1, 1)].tolist()
        ever = np.argsort(-rows.max(axis=0)).tolist()
        chosen = sorted([*now, *(k for k in ever if k not in now)][:most])
        return {classes[k]: _curve(self._steps, rows[:, k]) for k in chosen}


def _curve(steps: Sequence[int], values: Sequence[float] | npt.NDArray[np.float32]) -> Curve:
    return np.asarray(steps, np.int64), np.asarray(values, np.float64)


def _size(state: AscentState) -> int:
    return state.volumes.nbytes + state.first.nbytes + state.second.nbytes
