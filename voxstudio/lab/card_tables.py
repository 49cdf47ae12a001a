"""Tables of the papers whose figures stand in the cards of shipped checkpoints: printed at once."""

from __future__ import annotations

from typing import Any

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.engine.places import checkpoint_folders, find_checkpoint
from voxstudio.lab.paper_figures import ENHANCER, INFOGAN, VAE_GAN
from voxstudio.lab.paper_tables import Drawn, Wanted
from voxstudio.lab.three_columns import Row, ThreeColumns


def card_of(name: str) -> Card:
    """The card of a checkpoint; BadCheckpoint if it is not there."""
    entry = find_checkpoint(name, checkpoint_folders())
    assert entry.card is not None
    return entry.card


def from_card(name: str, *keys: str) -> float | None:
    """A figure of a card's metrics; None if it does not hold it. BadCheckpoint if there is no such checkpoint."""
    value: Any = card_of(name).metrics
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _needs(rows: list[Row], name: str) -> None:
    if all(row.ours is None and row.real is None for row in rows):
        raise BadInput(f"The card of {name} holds none of these figures: measure it with voxstudio evaluate {name}.")


def infogan(wanted: Wanted) -> Drawn:
    """3DInfoGAN, tables 1 and 2."""
    words = {"ap": "average precision", "distance": "distance x 1,000", "mse": "mean squared error x 1,000"}
    rows = [
        Row(f"{words[key]}, {who}", INFOGAN[key].get(who), from_card(name, key), None, name)
        for key in words
        for who, name in (("3DInfoGAN", "chair-infogan"), ("3D-GAN", "chair-gan"))
    ]
    _needs(rows, "chair-infogan")
    notes = (
        "Ours: the nearest shape to held-out chairs that is found in 96 decoded shapes, from the cards; the paper does "
        "not say how it found its own.",
    )
    title = "3DInfoGAN, tables 1 and 2: predicting held-out chairs"
    return ThreeColumns(title, "figure", rows, 3, notes).drawn(wanted.picture)


def enhancer(wanted: Wanted) -> Drawn:
    """Enhancer GAN, tables 1 and 2."""
    name, rows = "furniture-enhancer", []
    for who, tail in (("with the enhancer", ""), ("without", "_no_enhancer")):
        accuracy, precision = ENHANCER[who]
        rows.append(Row(f"SVM accuracy, {who}", accuracy, from_card(name, f"svm_modelnet10{tail}"), None, name))
        rows.append(Row(f"retrieval mAP, {who}", precision, from_card(name, f"map_modelnet10{tail}"), None, name))
    _needs(rows, name)
    notes = ("From the card; enhancer-layers trains networks that differ in the layer alone.",)
    title = "Enhancer GAN, tables 1 and 2: features on the test part of ModelNet10"
    return ThreeColumns(title, "figure", rows, 4, notes).drawn(wanted.picture)


def vae_gan(wanted: Wanted) -> Drawn:
    """3D-VAE-GAN report, 2.6.5."""
    name = "chair-multiview"
    rows = [
        Row(words, VAE_GAN[key], from_card(name, "mean", key), from_card(name, "mean", f"{key}_real"), name)
        for key, words in (("iou_1", "IoU, one view"), ("ssim3d_1", "SSIM3D, one view"))
    ]
    _needs(rows, name)
    notes = (
        "Ours: parametric chairs of unseen structure; the column of real data: the 100 test chairs of ModelNet10. The "
        "paper: its validation chairs at 64^3.",
    )
    title = "3D-VAE-GAN, section 2.6.5: chairs from one picture"
    return ThreeColumns(title, "figure", rows, 3, notes).drawn(wanted.picture)
