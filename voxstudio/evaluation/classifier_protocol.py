"""How networks that classify, and those that make shapes by climbing their own score, are measured (3DWINN).

Each function returns the figures that ``voxstudio evaluate --json`` prints under the same keys;
:func:`evaluate_classifier`, the protocol of those families, puts together what model and data allow. Scores of made
shapes are taken with a reference network that is passed in; the keys that end in ``_real`` are the same scores of as
many real test shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import Collection
from voxstudio.engine.family import Classifier, Progress, Synthesizer, quiet
from voxstudio.evaluation.attack import EPSILON, PAPER_STEPS, outcomes
from voxstudio.evaluation.generator_protocol import all_features
from voxstudio.evaluation.linear_svm import linear_svm
from voxstudio.evaluation.reference_view import Grids, Seen, framed, see, see_collection
from voxstudio.evaluation.retrieval import in_figures, retrieval
from voxstudio.evaluation.sample_scores import (
    class_probability,
    coverage,
    fitted,
    frechet_distance,
    inception_score,
    iou_distances,
)

Figures = dict[str, Any]
Arrays = Mapping[str, npt.NDArray[Any]]
Keep = Callable[[str, Callable[[], Arrays]], Arrays]
"""``keep(name, make)``: what is kept under the name, else what ``make`` gives, which is then kept."""

SAMPLES, SAMPLES_OF_ONE = 24, 100
"""Shapes of each class, and of a model that knows one class. Of few shapes a Frechet distance is too large (of 24 real
chairs twice that of 100): only distances of equally many compare."""
SAMPLE_SEED = 1_000_000
AT_ONCE = 8
"""Shapes that are made between two places where the work may be broken off."""
ATTACKED_AT_ONCE = 128
SVM_C = 0.5
"""Of the linear SVM in 3DWINN."""


def made_anew(name: str, make: Callable[[], Arrays]) -> Arrays:
    """A :data:`Keep` that keeps nothing."""
    return make()


@dataclass(frozen=True, eq=False)
class RealView:
    """Real shapes as the reference sees them: ``train`` that models learnt from, ``test`` that nobody did."""

    train: Seen
    test: Seen
    train_labels: npt.NDArray[np.int64]
    test_labels: npt.NDArray[np.int64]

    def learnt(self, label: int | None) -> Seen:
        """Training shapes of a class, or all."""
        return self.train if label is None else self.train.part(np.flatnonzero(self.train_labels == label))

    def held_out(self, label: int | None, count: int) -> Seen:
        """At most so many test shapes of a class, or of all, spread evenly."""
        rows = np.arange(len(self.test_labels)) if label is None else np.flatnonzero(self.test_labels == label)
        spread = np.linspace(0, max(len(rows) - 1, 0), min(count, len(rows))).astype(int)
        return self.test.part(rows[spread])


@dataclass(frozen=True, eq=False)
class ClassifierData:
    """What there is to measure with; whatever is None is not measured.

    Parameters
    ----------
    train, test: the two parts of ModelNet10 at the model's resolution. ``repeated`` marks test objects that are
        bit-identical to a training one.
    reference: the network that made shapes are seen with, of weights ``reference_sha256``; ``real`` shows it both
        parts.
    other: a classifier of the same classes that attacks are compared with, called ``other_name``.
    samples: shapes made for each class.
    """

    train: Collection | None = None
    test: Collection | None = None
    repeated: npt.NDArray[np.bool_] | None = None
    reference: Classifier | None = None
    reference_sha256: str = ""
    real: Callable[[Progress], RealView] | None = None
    other: Classifier | None = None
    other_name: str = ""
    samples: int = SAMPLES
    keep: Keep = made_anew
    words: dict[str, Any] = field(default_factory=dict)


def evaluate_classifier(model: Any, data: ClassifierData, progress: Progress = quiet) -> Figures:
    """Everything that can be measured with ``data``, and on what (``measured``)."""
    found: Figures = {}
    knows = data.train is not None and data.test is not None and len(model.card.classes) > 1
    if knows and isinstance(model, Classifier):
        found |= measure_accuracy(model, data, _part(progress, 0.0, 0.05))
    if knows:
        found |= measure_features(model, data, _part(progress, 0.05, 0.2))
    if knows and isinstance(model, Classifier):
        found |= measure_attacks(model, data, _part(progress, 0.2, 0.4))
    words = dict(data.words)
    if isinstance(model, Synthesizer) and data.real is not None:
        made = make_samples(model, data, _part(progress, 0.4, 0.95))
        scores = measure_samples(made, data, _part(progress, 0.95, 1.0))
        words |= scores.pop("measured")
        found |= scores
    progress(1.0, "Measured")
    return {**found, "measured": {**words, "iso_level": model.card.iso_level}}


def _part(progress: Progress, first: float, last: float) -> Progress:
    return lambda fraction, words: progress(first + (last - first) * fraction, words)


def _occupancies(shapes: Collection) -> Grids:
    return np.stack([shapes.occupancy(k) for k in range(len(shapes))])


def measure_accuracy(model: Classifier, data: ClassifierData, progress: Progress = quiet) -> Figures:
    """``accuracy`` on the test objects and ``accuracy_no_repeats`` without those that repeat a training object."""
    assert data.test is not None
    progress(0.0, f"Classifying {len(data.test):,} test objects")
    right = model.logits(_occupancies(data.test)).argmax(axis=1) == data.test.labels
    figures: Figures = {"accuracy": round(float(right.mean()), 4)}
    if data.repeated is not None and not data.repeated.all():
        figures["accuracy_no_repeats"] = round(float(right[~data.repeated].mean()), 4)
    return figures


def measure_features(model: Any, data: ClassifierData, progress: Progress = quiet) -> Figures:
    """``svm_modelnet10`` (L2 penalty, C 0.5, as 3DWINN, table 6) and ``map_modelnet10`` of the last convolution.

    Features are as large as the network's LayerNorm leaves them; the training part's mean is taken away, which would be
    most of them.
    """
    assert data.train is not None and data.test is not None
    taught = all_features(model, data.train, _part(progress, 0.0, 0.6))
    asked = all_features(model, data.test, _part(progress, 0.6, 0.75))
    middle = taught.mean(axis=0, dtype=np.float64).astype(np.float32)
    taught, asked = taught - middle, asked - middle
    size = float(np.square(taught).sum(axis=1).mean())  # to which the SVM's own scaling sets it
    machine = linear_svm(
        taught, data.train.labels, asked, data.test.labels, data.repeated, (SVM_C * max(size, 1e-12),), ("plain",),
        progress=_part(progress, 0.75, 0.95),
    )  # fmt: skip
    progress(0.97, "Retrieving")
    ranked = retrieval(asked, data.test.labels)
    return {
        "svm_modelnet10": round(machine.accuracy, 4), "svm_modelnet10_new": round(machine.accuracy_new, 4),
        "map_modelnet10": round(ranked.map, 4), "precision_at_recall": in_figures(ranked),
        "svm": {"c": SVM_C, "width": machine.width, "train": machine.train_objects, "test": machine.test_objects},
    }  # fmt: skip


def measure_attacks(model: Classifier, data: ClassifierData, progress: Progress = quiet) -> Figures:
    """``adversarial_error`` and ``correction_rate`` by attack (3DWINN, table 7); those of the other network join.

    ``correction_rate`` is the share of the other network's adversarial errors that this one gets right, and
    ``correction_rate_other`` the other way round.
    """
    assert data.test is not None
    mine = attack_figures(model, data.other, data, "attack", _part(progress, 0.0, 0.5))
    figures: Figures = {"adversarial_error": mine["error"], "epsilon": EPSILON}
    if data.other is not None:
        theirs = attack_figures(data.other, model, data, "attack-other", _part(progress, 0.5, 1.0))
        figures |= {
            "adversarial_error_other": theirs["error"], "correction_rate": theirs["corrected"],
            "correction_rate_other": mine["corrected"], "other": data.other_name,
        }  # fmt: skip
    return figures


def attack_figures(
    victim: Classifier, other: Classifier | None, data: ClassifierData, name: str, progress: Progress = quiet
) -> dict[str, dict[str, float]]:
    """``{"error", "corrected"}`` of attacks on ``victim``, each by the attack's name."""
    assert data.test is not None
    grids, labels = _occupancies(data.test), data.test.labels
    steps = list(PAPER_STEPS.values())
    wrong, corrected = [], []
    for start in range(0, len(grids), ATTACKED_AT_ONCE):
        chosen = slice(start, start + ATTACKED_AT_ONCE)
        told = _part(progress, start / len(grids), min(start + ATTACKED_AT_ONCE, len(grids)) / len(grids))

        def make(chosen: slice = chosen, told: Progress = told) -> Arrays:
            found = outcomes(victim, grids[chosen], labels[chosen], EPSILON, steps, other, told)
            counts = [[one.wrong.sum(), np.nan_to_num(one.correction_rate) * one.wrong.sum()] for one in found.values()]
            return {"counts": np.array(counts, np.float64)}

        counts = data.keep(f"{name}-{start}", make)["counts"]
        wrong.append(counts[:, 0])
        corrected.append(counts[:, 1])
    failed, saved = np.sum(wrong, axis=0), np.sum(corrected, axis=0)
    return {
        "error": {key: round(float(failed[k] / len(grids)), 4) for k, key in enumerate(PAPER_STEPS)},
        "corrected": {
            key: round(float(saved[k] / failed[k]), 4) for k, key in enumerate(PAPER_STEPS) if other and failed[k]
        },
    }


def make_samples(model: Synthesizer, data: ClassifierData, progress: Progress = quiet) -> dict[str, Grids]:
    """Occupancies ``[samples, R, R, R]`` by class; a model that aims at no class makes ``""`` as many for each."""
    names = model.targets or (model.card.classes if len(model.card.classes) == 1 else ("",))
    count = data.samples * (len(model.card.classes) if names == ("",) else 1)
    made = {}
    for k, name in enumerate(names):
        told = _part(progress, k / len(names), (k + 1) / len(names))
        made[name] = synthesized(model, name if model.targets else None, count, data.keep, told)
    return made


def synthesized(
    model: Synthesizer, target: str | None, count: int, keep: Keep = made_anew, progress: Progress = quiet,
    first: int = SAMPLE_SEED, name: str = "samples",
) -> Grids:  # fmt: skip
    """``count`` occupancies ``[N, R, R, R]`` from noise, a few at a time: what is broken off goes on from there."""
    parts = []
    for start in range(0, count, AT_ONCE):
        seeds = range(first + start, first + min(start + AT_ONCE, count))
        done, words = start / count, f"Making {target or 'shapes'}: {start} of {count}"

        def told(fraction: float, _: str, done: float = done, words: str = words, seeds: range = seeds) -> None:
            progress(done + fraction * len(seeds) / count, words)

        def make(seeds: Sequence[int] = seeds, told: Progress = told) -> Arrays:
            volumes = model.synthesize(seeds, target, told).volumes
            solid = (volumes + 1) / 2 > model.card.iso_level
            return {"packed": np.packbits(solid.reshape(len(solid), -1), axis=1)}

        side = model.card.resolution
        packed = keep(f"{name}-{target or 'any'}-{start}-{len(seeds)}", make)["packed"]
        parts.append(np.unpackbits(packed, axis=1, count=side**3).reshape(-1, side, side, side).astype(bool))
    return np.concatenate(parts)


def real_view(reference: Classifier, train: Collection, test: Collection, progress: Progress = quiet) -> RealView:
    """Show both parts of the real data to the reference."""
    seen = [
        see_collection(reference, shapes, _part(progress, k / 2, (k + 1) / 2)) for k, shapes in enumerate((train, test))
    ]
    return RealView(seen[0], seen[1], train.labels, test.labels)


def measure_samples(made: Mapping[str, Grids], data: ClassifierData, progress: Progress = quiet) -> Figures:
    """``inception``; ``fid``, ``class_probability``, ``coverage`` and ``matching_distance`` by class; each ``_real``.

    ``made`` is occupancies by class, ``""`` for shapes of no particular one, which is told as class ``all``.
    """
    assert data.reference is not None and data.real is not None
    real = data.real(_part(progress, 0.0, 0.5))
    side, names = data.reference.card.resolution, data.reference.card.classes
    figures: Figures = {key: {} for key in ("fid", "class_probability", "coverage", "matching_distance")}
    figures |= {f"{key}_real": {} for key in figures}
    shrinkage, counts, seen = {}, {}, []
    for k, (name, grids) in enumerate(made.items()):
        progress(0.5 + 0.5 * k / len(made), f"Scoring {name or 'all shapes'}")
        one = see(data.reference, framed(grids, side))
        seen.append(one)
        label, shown = (names.index(name), name) if name in names else (None, name or "all")
        learnt = real.learnt(label)
        ceiling = real.held_out(label, len(grids))
        target = fitted(learnt.features)
        for tail, these in (("", one), ("_real", ceiling)):
            if len(these.grids) < 2:
                continue
            mine = fitted(these.features)
            figures[f"fid{tail}"][shown] = round(frechet_distance(mine, target), 2)
            if label is not None:
                figures[f"class_probability{tail}"][shown] = round(class_probability(these.chances, label), 4)
            if not tail:
                shrinkage[shown] = [round(mine.shrinkage, 4), round(target.shrinkage, 4)]
                counts[shown] = {"made": len(grids), "real_test": len(ceiling.grids), "real_train": len(learnt.grids)}
        if len(ceiling.grids):
            covered = coverage(iou_distances(one.grids, ceiling.grids))
            spread = np.linspace(0, len(learnt.grids) - 1, min(len(grids), len(learnt.grids))).astype(int)
            usual = coverage(iou_distances(learnt.grids[spread], ceiling.grids))
            for tail, found in (("", covered), ("_real", usual)):
                figures[f"coverage{tail}"][shown] = round(found.coverage, 4)
                figures[f"matching_distance{tail}"][shown] = round(found.distance, 4)
    chances = np.concatenate([one.chances for one in seen])
    figures |= _inception(chances, real, len(made) > 1 or "" in made)
    words = {
        "reference_sha256": data.reference_sha256, "counts": counts, "shrinkage": shrinkage,
        "split": "made shapes against training shapes; _real: as many test shapes instead",
        "fid": "covariances of fewer samples than features are drawn towards a multiple of the identity (Ledoit-Wolf); "
               "shrinkage: share of that, for made and training shapes",
    }  # fmt: skip
    full = {key: value for key, value in figures.items() if value != {}}
    return {**full, "reference_sha256": data.reference_sha256, "measured": words}


def _inception(chances: npt.NDArray[Any], real: RealView, several: bool) -> Figures:
    """Only of shapes of several classes: of one class there is nothing to tell."""
    if not several:
        return {}
    score, ceiling = inception_score(chances), inception_score(real.test.chances)
    return {
        "inception": round(score.mean, 4), "inception_spread": round(score.spread, 4),
        "inception_real": round(ceiling.mean, 4), "inception_parts": score.parts, "samples": score.samples,
    }  # fmt: skip
