"""Tables 2 to 7 of 3DWINN, measured with the shipped checkpoints: ``voxstudio evaluate --table winn-... --data DIR``.

A table is made of the checkpoints that are there; those that are missing are named below it. What is done is kept in
``work``, so that a table that was broken off goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.engine.family import Progress, Synthesizer
from voxstudio.engine.places import checkpoint_folders, find_checkpoint
from voxstudio.evaluation.attack import EPSILON
from voxstudio.evaluation.classifier_protocol import (
    SAMPLES_OF_ONE,
    Arrays,
    ClassifierData,
    make_samples,
    measure_accuracy,
    measure_attacks,
    measure_features,
    measure_samples,
    synthesized,
)
from voxstudio.evaluation.reference_view import Grids
from voxstudio.lab import paper_figures as paper
from voxstudio.lab.card_tables import from_card
from voxstudio.lab.classifier_data import BASELINE, CLASSES, OPPONENT, classifier_data, reference
from voxstudio.lab.opening import open_any
from voxstudio.lab.paper_tables import Drawn, Wanted
from voxstudio.lab.three_columns import Row, ThreeColumns

WINN, UNSUPERVISED, CHAIR, GAN = OPPONENT, "winn-modelnet10-unsupervised", "winn-chair", "chair-gan"
COMES_FROM = "it ships with VoxStudio and is made by voxstudio bake"
SAMPLES = 48
"""Shapes of each class, where there are several; of one class the usual number."""


@dataclass
class Lab:
    """What the tables share: where things are, and what was missing."""

    wanted: Wanted

    def __post_init__(self) -> None:
        self.missing: list[str] = []
        self.device, self.say, self.progress = self.wanted.device, self.wanted.say, self.wanted.progress

    def open(self, name: str) -> Any:
        """The model of that name; None and a note if it is not there."""
        try:
            return open_any(find_checkpoint(name, checkpoint_folders()).folder, self.device)
        except VoxStudioError:
            self.missing.append(f"The checkpoint {name} is missing: {COMES_FROM} {name}.")
            return None

    def gathered(self, model: Any) -> ClassifierData:
        """What a model is measured with."""
        samples = SAMPLES if len(model.card.classes) > 1 else 0
        return classifier_data(model.card, self.wanted.data, self.device, self.progress, samples, self.wanted.work)

    def figures(self, data: ClassifierData, name: str, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Figures that are kept as soon as they are there."""

        def made() -> Arrays:
            return {"json": np.frombuffer(json.dumps(dict(make())).encode(), np.uint8)}

        found: dict[str, Any] = json.loads(data.keep(f"figures-{name}", made)["json"].tobytes())
        return found

    def table(
        self, title: str, unit: str, rows: list[Row], digits: int, notes: tuple[str, ...],
        measured: Mapping[str, Any] | None = None,
    ) -> Drawn:  # fmt: skip
        """The finished table; BadInput if nothing of it could be measured."""
        if all(row.ours is None for row in rows):
            raise BadInput(self.missing[0] if self.missing else f"{title}: nothing could be measured.")
        words = tuple(dict.fromkeys((*notes, *self.missing)))
        return ThreeColumns(title, unit, rows, digits, words, dict(measured or {})).drawn(self.wanted.picture)


def samples_scores(lab: Lab, name: str, aims: bool) -> dict[str, Any]:
    """Scores of what a checkpoint makes; {} if it is missing. ``aims``: only if it makes shapes of known classes."""
    model = lab.open(name)
    if model is None:
        return {}
    if aims and not getattr(model, "targets", ()) and len(model.card.classes) > 1:
        lab.missing.append(f"{name} aims at no class: shapes of a known class are needed here.")
        return {}
    lab.say(f"{name}: making and scoring shapes")
    data = lab.gathered(model)

    def make() -> Mapping[str, Any]:
        reference(lab.device)  # says which checkpoint is missing
        return measure_samples(made_shapes(model, data, lab.progress), data, lab.progress)

    return lab.figures(data, f"samples-{data.samples}", make)


def made_shapes(model: Any, data: ClassifierData, progress: Progress) -> Mapping[str, Grids]:
    """Shapes by class, from a network that climbs or from a generator."""
    if isinstance(model, Synthesizer):
        return make_samples(model, data, progress)
    from voxstudio.engine.latent_space import draws, latent_space, occupancies
    from voxstudio.evaluation.generator_protocol import SAMPLE_SEED

    space = latent_space(model)
    classes = space.card.classes
    alone = len(classes) == 1
    count = data.samples * len(classes)
    made = occupancies(space, draws(space, range(SAMPLE_SEED, SAMPLE_SEED + count)), None, progress, "Making samples")
    return {classes[0] if alone else "": made}


def _real_note(lab: Lab, more: str = "") -> tuple[str, ...]:
    network = reference(lab.device)
    words = (
        f"Scores are taken with {network.card.name} (sha256 {network.card.sha256[:16]}) and {SAMPLES} shapes of each "
        f"class ({SAMPLES_OF_ONE} by a network of one class); real data: as many test shapes of ModelNet10."
    )
    return (f"{words} {more}".strip(),)


def inception(wanted: Wanted) -> Drawn:
    """Table 2."""
    lab = Lab(wanted)
    notes = _real_note(lab, "Ours cannot exceed 10, the number of classes; the paper's network knew more.")
    keys, real = list(paper.INCEPTION), None
    rows, spread = list[Row](), dict[str, Any]()
    parts = (
        (keys[0], UNSUPERVISED, samples_scores(lab, UNSUPERVISED, aims=False)),
        (keys[1], UNSUPERVISED, _joint_multi(lab)),
        ("3DWINN, aimed at each class", WINN, samples_scores(lab, WINN, aims=True)),
    )
    for key, name, found in parts:
        ceiling = found.get("inception_real")
        real, spread[key] = ceiling or real, found.get("inception_spread")
        rows.append(Row(key, paper.INCEPTION.get(key), found.get("inception"), ceiling, name if found else ""))
    for name in ("furniture-infogan", "furniture-enhancer"):
        found = samples_scores(lab, name, aims=False)
        ceiling = found.get("inception_real")
        real = real or ceiling
        rows.append(Row(name, None, found.get("inception"), ceiling, name if found else ""))
    rows += [Row(key, paper.INCEPTION[key], None, real) for key in keys[2:]]
    title = "3DWINN, table 2: Inception scores (higher is better)"
    return lab.table(title, "Inception score", rows, 2, notes, {"spread": spread})


def _joint_multi(lab: Lab) -> dict[str, Any]:
    """Shapes shared out among the last iterations of the last cascade, where the checkpoint kept them."""
    model = lab.open(UNSUPERVISED)
    stages = tuple(model.iterates()) if model is not None and hasattr(model, "iterates") else ()
    if len(stages) < 2:
        if model is not None:
            lab.missing.append(f"{UNSUPERVISED} kept no earlier iterations: there is no joint-multi score.")
        return {}
    data = lab.gathered(model)
    lab.say(f"{UNSUPERVISED}: shapes of {len(stages)} iterations")

    def make() -> Mapping[str, Any]:
        each = -(-SAMPLES * len(CLASSES) // len(stages))
        parts = [
            synthesized(stage, None, each, data.keep, lab.progress, 2_000_000 + k * each, f"iteration-{k}")
            for k, stage in enumerate(stages)
        ]
        return measure_samples({"": np.concatenate(parts)}, data, lab.progress)

    return lab.figures(data, f"multi-{SAMPLES}", make)


def _by_class(
    lab: Lab, key: str, ours: Mapping[str, float], gans: Mapping[str, float]
) -> tuple[list[Row], dict[str, Any]]:
    aimed, chair, gan = (samples_scores(lab, name, aims=True) for name in (WINN, CHAIR, GAN))
    rows = [
        Row(
            one.replace("_", " "),
            ours[one],
            aimed.get(key, {}).get(one),
            aimed.get(f"{key}_real", {}).get(one),
            WINN if aimed else "",
        )
        for one in CLASSES
    ]
    for words, name, found, printed in (
        ("chair, 3DWINN for chairs alone", CHAIR, chair, ours), ("chair, 3D-GAN", GAN, gan, gans)
    ):  # fmt: skip
        mine, real = found.get(key, {}).get("chair"), found.get(f"{key}_real", {}).get("chair")
        rows.append(Row(words, printed["chair"], mine, real, name if found else ""))
    told = {name: found.get("measured", {}) for name, found in ((WINN, aimed), (CHAIR, chair), (GAN, gan)) if found}
    return rows, told


def fid(wanted: Wanted) -> Drawn:
    """Table 3."""
    lab = Lab(wanted)
    notes = _real_note(
        lab,
        "There are fewer shapes than the 4,096 features: covariances are drawn towards a multiple of the identity "
        "(Ledoit-Wolf; the document says how much). The paper's reference network is another one: only ours and real "
        "data compare, and only for equally many shapes. Shapes of another resolution than 32 are scaled to the frame "
        "of ModelNet10.",
    )
    rows, measured = _by_class(lab, "fid", paper.FID, paper.FID_GAN)
    title = "3DWINN, table 3: Fréchet distances to training shapes (lower is better)"
    return lab.table(title, "FID", rows, 1, notes, measured)


def probability(wanted: Wanted) -> Drawn:
    """Table 4."""
    lab = Lab(wanted)
    notes = _real_note(lab)
    rows, measured = _by_class(lab, "class_probability", paper.CLASS_PROBABILITY, paper.CLASS_PROBABILITY_GAN)
    title = "3DWINN, table 4: mean probability of the class that was meant (higher is better)"
    return lab.table(title, "class probability", rows, 3, notes, measured)


def classification(wanted: Wanted) -> Drawn:
    """Tables 5 and 6."""
    lab = Lab(wanted)
    rows: list[Row] = []
    measured: dict[str, Any] = {}
    for who, name in (("baseline", BASELINE), ("3DWINN", WINN), ("reference network", "reference-modelnet10")):
        model = lab.open(name)
        found: dict[str, Any] = {}
        if model is not None:
            lab.say(f"{name}: classifying the test objects")
            have = lab.gathered(model)
            found = lab.figures(have, "accuracy", partial(measure_accuracy, model, have, lab.progress))
            measured[name] = have.words
        shown = name if found else ""
        rows.append(Row(f"accuracy, {who}", paper.ACCURACY.get(who), found.get("accuracy"), None, shown))
        rows.append(Row(f"accuracy without repeats, {who}", None, found.get("accuracy_no_repeats"), None, shown))
    model, found = lab.open(UNSUPERVISED), {}
    if model is not None:
        lab.say(f"{UNSUPERVISED}: linear SVM")
        have = lab.gathered(model)
        found = lab.figures(have, "features", partial(measure_features, model, have, lab.progress))
    words, shown = "SVM on features learnt without labels", UNSUPERVISED if found else ""
    rows.append(Row(f"{words}, 3DWINN", paper.SVM["3DWINN"], found.get("svm_modelnet10"), None, shown))
    rows.append(Row(f"{words}, 3D-GAN", paper.SVM["3D-GAN"]))
    name = "furniture-enhancer"
    rows.append(Row(f"{words}, enhancer GAN", None, from_card(name, "svm_modelnet10"), None, name))
    notes = (
        "The official test part of ModelNet10 without its two empty objects; repeats are test objects that are "
        "bit-identical to a training object. Real data are what is classified: there is no ceiling to print. The "
        "enhancer GAN's figure is that of its card, with the C that a part of the training objects chose.",
    )
    title = "3DWINN, tables 5 and 6: classification on ModelNet10"
    return lab.table(title, "share that is right", rows, 4, notes, measured)


def adversarial(wanted: Wanted) -> Drawn:
    """Table 7."""
    lab = Lab(wanted)
    model, baseline = lab.open(WINN), lab.open(BASELINE)
    if model is None or baseline is None:
        raise BadInput(lab.missing[0])
    lab.say(f"Attacking {WINN} and {BASELINE} with the test objects")
    have = lab.gathered(model)
    if have.other is None or have.test is None:
        raise BadInput(have.words.get("missing") or f"{BASELINE} and {WINN} know different classes: bake both again.")
    found = lab.figures(have, "attacks", partial(measure_attacks, model, have, lab.progress))
    clean = {
        name: 1 - float((one.logits(_grids(have)).argmax(axis=1) == have.test.labels).mean())
        for name, one in (("3DWINN", model), ("baseline", baseline))
    }
    errors = {"baseline": found["adversarial_error_other"], "3DWINN": found["adversarial_error"]}
    rates = {"baseline": found["correction_rate_other"], "3DWINN": found["correction_rate"]}
    names = {"baseline": BASELINE, "3DWINN": WINN}
    rows = []
    for key, words in paper.ATTACK_WORDS.items():
        rows += [
            Row(f"{words}: error of {who}", paper.ADVERSARIAL_ERROR[who][key], errors[who][key], clean[who], names[who])
            for who in names
        ]
        rows += [
            Row(f"{words}: corrected by {who}", paper.CORRECTION_RATE[who][key], rates[who].get(key), None, names[who])
            for who in names
        ]
    notes = (
        f"Steps of {EPSILON:g}, voxels between 0 and 1, {len(have.test)} test objects. Real data: the error on the "
        "same objects, not attacked. Corrected: the share of the other network's errors that this one gets right.",
    )
    title = "3DWINN, table 7: adversarial examples"
    return lab.table(title, "share", rows, 4, notes, have.words)


def _grids(data: ClassifierData) -> Grids:
    assert data.test is not None
    return np.stack([data.test.occupancy(k) for k in range(len(data.test))])
