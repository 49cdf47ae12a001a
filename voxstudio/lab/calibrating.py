"""What a finished generator's card says of drawing from it: temperature, where codes lie, threshold.

The threshold is chosen on shapes that were not learnt: a generator that is unsure of a thin leg gives it a probability
of a third everywhere, and at 0.5 the leg is missing. Where codes lie is read off training shapes: InfoGAN draws its
codes independently, but the codes that shapes have depend on each other, and a draw between them is half of two shapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.data.grids import resized
from voxstudio.data.shape_store import Shapes
from voxstudio.engine.checkpoint import open_model, read_card, write_card
from voxstudio.engine.code_places import CodePlaces
from voxstudio.evaluation.metrics import iou
from voxstudio.lab.opening import model_class

OBJECTS = {"train": 1200, "validation": 96}
LEVELS = tuple(round(0.2 + 0.02 * k, 2) for k in range(21))
AT_ONCE = 32
CLIMBS = 16
LARGEST_DIFFERENCE = 0.01


def calibrate_generator(
    folder: Path, stores: Sequence[tuple[Shapes, float]], device: str = "auto", temperature: float = 1.0
) -> float:
    """Write ``temperature``, the places of its codes and ``iso_level`` into the card of a generator; returns the level.

    ``stores``: shapes and their weights in training. The level is where encoded and decoded validation shapes overlap
    best (mean IoU; the card's ``training`` tells it). A generator that cannot read shapes keeps level and places.
    """
    card = read_card(folder)
    network: dict[str, Any] = {k: v for k, v in card.network.items() if k not in ("temperature", "code_places")}
    if temperature != 1.0:
        network["temperature"] = temperature
    card = replace(card, network=network)
    write_card(folder, card)
    model: Any = open_model(folder, model_class, device)
    if not model.encodes:
        return card.iso_level
    if model.space.continuous:
        learnt = _chosen(stores, "train", model.card.resolution)
        latents = [
            latent for k in range(0, len(learnt), AT_ONCE) for latent in model.encode(learnt[k : k + AT_ONCE] * 1.0)
        ]
        found = CodePlaces.fitted(model.space, model.pack(latents))
        card = replace(card, network={**card.network, "code_places": found.to_json()})
    truths = _chosen(stores, "validation", model.card.resolution)
    if len(truths):
        sums = _overlaps(model, truths)
        best = int(np.argmax(sums))
        told = {"threshold": LEVELS[best], "iou": round(float(sums[best]) / len(truths), 4), "objects": len(truths)}
        card = replace(card, iso_level=LEVELS[best], training={**card.training, "calibration": told})
    write_card(folder, card)
    return card.iso_level


def narrow_entry(folder: Path, rank: int) -> float:
    """Factor the first volume's weights of a finished 3D-VAE-GAN (narrower files); returns the share that is kept.

    Recipe and card of the folder get the rank; the card's ``training`` tells rank and share.
    """
    from safetensors.torch import load

    from voxstudio.engine.checkpoint import RECIPE, WEIGHTS, save_checkpoint
    from voxstudio.families.vae_gan3d.narrowing import kept_share, narrowed

    card = read_card(folder)
    recipe = {**json.loads((folder / RECIPE).read_text(encoding="utf-8")), "entry_rank": rank}
    tensors = load((folder / WEIGHTS).read_bytes())
    share = kept_share(tensors, rank)
    network = {**card.network, "recipe": {**card.network["recipe"], "entry_rank": rank}}
    training = {**card.training, "narrowed": {"entry_rank": rank, "kept_share": round(share, 6)}}
    save_checkpoint(folder, narrowed(tensors, rank), replace(card, network=network, training=training), recipe)
    return share


def _overlaps(model: Any, truths: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """For each of LEVELS the sum of the IoU of encoded and decoded shapes."""
    sums = np.zeros(len(LEVELS))
    for truth, latent in zip(truths, model.encode(truths * 1.0), strict=True):
        values = model.decode(latent).values
        for k, level in enumerate(LEVELS):
            solid = values > level
            sums[k] += iou(solid, truth)
    return sums


def _chosen(stores: Sequence[tuple[Shapes, float]], split: str, resolution: int) -> npt.NDArray[np.bool_]:
    """Occupancies bool ``[N, R, R, R]`` of one split, each store's share of its OBJECTS, spread evenly."""
    whole = sum(weight for _, weight in stores)
    found = []
    for shapes, weight in stores:
        there = shapes.indices(split)
        count = min(len(there), round(OBJECTS[split] * weight / whole))
        chosen = there[np.linspace(0, len(there) - 1, count).astype(int)] if count else there[:0]
        found += [resized(shapes.occupancy(int(index)), resolution) for index in chosen]
    return np.stack(found) if found else np.zeros((0, resolution, resolution, resolution), bool)


ASCENT = ("chain_steps", "temperature", "cascade_noise")


def calibrate_climber(
    folder: Path, stores: Sequence[tuple[Shapes, float]], device: str = "auto",
    ascent: Mapping[str, float] | None = None,
) -> float:  # fmt: skip
    """What the card of a 3DWINN says of climbing from noise; returns its ``iso_level``.

    ``ascent`` holds what differs from training: ``chain_steps`` in each cascade, the ``temperature`` of the noise that
    chains start from, ``cascade_noise`` on what a cascade takes over, and ``step_size``, ``noise`` and ``noise_steps``
    of :class:`voxstudio.core.ascent.Ascent`. ``bf16_ascent``: whether the mean energy of final
    samples in bf16 differs by at most 1 % from float32's. ``iso_level``: the one of ``ascent``, else where samples hold
    as much volume as training shapes do, at most 0.5. The card's ``training`` tells what was found.
    """
    card = read_card(folder)
    given = dict(ascent or {})
    chosen = given.pop("iso_level", None)
    network: dict[str, Any] = {k: v for k, v in card.network.items() if k not in (*ASCENT, "ascent")}
    network |= {key: given.pop(key) for key in ASCENT if key in given}
    if given:
        network["ascent"] = given
    energies: list[float] = []
    fields: list[npt.NDArray[np.float32]] = []
    for low in (True, False):
        write_card(folder, replace(card, network={**network, "bf16_ascent": low}))
        model: Any = open_model(folder, model_class, device)
        aims = model.targets or (None,)
        made = [model.synthesize(range(k, k + max(CLIMBS // len(aims), 2)), aim) for k, aim in enumerate(aims)]
        energies.append(float(np.mean([state.energies.mean() for state in made])))
        fields = [state.grid(k).values for state in made for k in range(len(state.seeds))]
    difference = abs(energies[0] - energies[1]) / max(abs(energies[1]), 1e-9)
    learnt = _chosen(stores, "train", model.card.resolution).mean()
    volumes = [float(np.mean([(field > level).mean() for field in fields])) for level in LEVELS]
    usual = [k for k, level in enumerate(LEVELS) if level <= 0.5]
    best = min(usual, key=lambda k: abs((LEVELS[k] - chosen) if chosen is not None else (volumes[k] - learnt)))
    told: dict[str, Any] = {"bf16_energy_difference": round(difference, 4), "volume": round(volumes[best], 4)}
    told |= {"volume_of_training": round(float(learnt), 4), "threshold": LEVELS[best]}
    network["bf16_ascent"] = bool(difference <= LARGEST_DIFFERENCE)
    training = {**card.training, "calibration": told}
    write_card(folder, replace(card, network=network, iso_level=LEVELS[best], training=training))
    return LEVELS[best]
