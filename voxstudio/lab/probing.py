"""One shape before a classifier: what it says, what it looked at, what an attack makes of it, and curves of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.paths import data_folder
from voxstudio.data.grids import centred, resized
from voxstudio.engine.family import Classifier, Progress, quiet
from voxstudio.evaluation.attack import Attack, accuracy_curve, attacked
from voxstudio.lab.checkpoint_names import able
from voxstudio.lab.frames import in_frame

Values = npt.NDArray[np.float32]

SMOOTHING = 1.0
"""Standard deviation of the blur of a saliency, in voxels: single voxels of a gradient are noise."""
EPSILONS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
SAMPLE = 40
"""Objects of a curve, as evenly from the classes as they go."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a classifier says of one shape.

    ``grid`` float32 ``[R, R, R]`` in [0, 1] is what it was shown, ``probabilities`` ``[K]`` its answer. ``saliency``
    ``[R, R, R]`` in [-1, 1]: where more matter speaks for the class ``looked_for`` (positive) or against it. ``attack``
    was made against the class ``truth``; ``perturbed`` and ``after`` are grid and answer then, unchanged without one.
    """

    classes: tuple[str, ...]
    grid: Values
    probabilities: Values
    looked_for: str
    saliency: Values
    attack: Attack | None
    truth: str
    perturbed: Values
    after: Values

    @property
    def answer(self) -> str:
        """The likeliest class."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def answer_after(self) -> str:
        """The likeliest class after the attack."""
        return self.classes[int(self.after.argmax())]

    @property
    def change(self) -> Values:
        """What the attack added to each voxel, ``[R, R, R]``."""
        result: Values = self.perturbed - self.grid
        return result


def can_classify(model: Any) -> bool:
    """True for a model that classifies, unless its card says that it was not trained for that."""
    own = model.card.network.get("capabilities")
    return isinstance(model, Classifier) and (not isinstance(own, list) or "classify" in own)


def classifier(model: Any) -> Classifier:
    """The model as a classifier; BadInput if it is none."""
    if not can_classify(model):
        raise BadInput(f"The checkpoint {model.card.name} does not classify: choose from {able('classify')}.")
    result: Classifier = model
    return result


def shown_to(occupancy: npt.NDArray[np.bool_], card: Card) -> Values:
    """Voxels of any resolution as the classifier of a card reads them, float32 ``[R, R, R]``; BadInput if empty."""
    grid = in_frame(centred(resized(np.asarray(occupancy, bool), card.resolution)), card)
    if not grid.any():
        raise BadInput("There is nothing to classify: the shape is empty.")
    return grid.astype(np.float32)


def examine(
    model: Classifier, grid: Values, looked_for: str | None = None, attack: Attack | None = None,
    truth: str | None = None,
) -> Verdict:  # fmt: skip
    """Classify a grid ``[R, R, R]``, look where the answer comes from, and attack it.

    ``looked_for`` is the class whose score is looked into, ``truth`` the class that the attack leads away from; both
    are the answer by default. BadInput for classes that it does not know.
    """
    classes = tuple(model.card.classes)
    for name in (looked_for, truth):
        if name is not None and name not in classes:
            raise BadInput(f"{model.card.name} knows {', '.join(classes)}, not {name!r}.")
    probabilities = softmax(model.logits(grid[None]))[0]
    answer = classes[int(probabilities.argmax())]
    looked_for, truth = looked_for or answer, truth or answer
    slope = model.score_gradient(grid[None], np.array([classes.index(looked_for)]))[0]
    perturbed, after = grid, probabilities
    if attack is not None and attack.steps and attack.epsilon:
        perturbed = attacked(model, grid[None], np.array([classes.index(truth)]), attack)[0]
        after = softmax(model.logits(perturbed[None]))[0]
    return Verdict(classes, grid, probabilities, looked_for, smoothed(slope), attack, truth, perturbed, after)


def smoothed(slope: Values, sigma: float = SMOOTHING) -> Values:
    """A gradient ``[R, R, R]`` blurred, and scaled so that its 99th percentile is 1; clipped to [-1, 1]."""
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(np.asarray(slope, np.float64), sigma)
    most = float(np.percentile(np.abs(blurred), 99))
    result: Values = np.clip(blurred / max(most, 1e-12), -1.0, 1.0).astype(np.float32)
    return result


def softmax(logits: npt.NDArray[Any]) -> Values:
    """Probabilities of logits ``[N, K]``."""
    raised = np.exp(np.asarray(logits, np.float64) - np.max(logits, axis=1, keepdims=True))
    result: Values = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


# ---- many shapes ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Sample:
    """Objects to attack: grids ``[N, R, R, R]``, the name of each one's class, and words for where they come from."""

    grids: Values
    names: tuple[str, ...]
    words: str

    def labels(self, classes: Sequence[str]) -> npt.NDArray[np.int64]:
        """The index of each class among ``classes``."""
        return np.array([classes.index(name) for name in self.names], np.int64)


def sample_objects(card: Card, count: int = SAMPLE, progress: Progress = quiet) -> Sample:
    """Test objects of ModelNet10 where its files are, else parametric shapes of the classes that both know.

    BadInput if there is no class that can be made.
    """
    from voxstudio.data.readers import known_files, read_npz

    folder = data_folder()
    known = known_files(folder) if folder is not None and folder.is_dir() else {}
    if "vox30_test" in known:
        test = read_npz(known["vox30_test"], None, card.classes, card.resolution)
        chosen = np.linspace(0, len(test) - 1, min(count, len(test))).astype(int).tolist()
        names = tuple(test.class_names[int(test.labels[k])] for k in chosen)
        grids = np.stack([test.occupancy(k) for k in chosen]).astype(np.float32)
        return Sample(grids, names, f"{len(chosen)} test objects of ModelNet10")
    return _parametric(card, count, progress)


def _parametric(card: Card, count: int, progress: Progress) -> Sample:
    from voxstudio.data.parametric import CLASSES, make

    both = [name for name in CLASSES if name in card.classes]
    if not both:
        raise BadInput(f"No parametric shape is of a class that is known here ({', '.join(card.classes)}).")
    grids, names = [], []
    for k in range(count):
        progress(k / count, f"Making shape {k + 1} of {count}")
        names.append(both[k % len(both)])
        grids.append(shown_to(make(names[-1], FIRST_UNSEEN + k).occupancy(card.resolution), card))
    return Sample(np.stack(grids), tuple(names), f"{count} parametric shapes ({', '.join(both)})")


FIRST_UNSEEN = 2_000_000
"""Parametric shapes from this seed on are in no training part."""


def accuracy_over_epsilon(
    model: Classifier, sample: Sample, steps: int = 1, epsilons: Sequence[float] = EPSILONS,
    progress: Progress = quiet, watch: Callable[[int, float], None] | None = None,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Accuracy after an attack with each epsilon, ``[len(epsilons)]``; ``watch`` sees each with its index."""
    labels = sample.labels(model.card.classes)
    found = []
    for k, epsilon in enumerate(epsilons):

        def told(fraction: float, words: str, k: int = k) -> None:
            progress((k + fraction) / len(epsilons), words)

        found.append(float(accuracy_curve(model, sample.grids, labels, (epsilon,), steps, told)[0]))
        if watch is not None:
            watch(k, found[-1])
    return np.array(found)
