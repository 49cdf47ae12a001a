"""A finished generator's first volume through fewer values: the codes of shapes fill few of z's directions."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

FIRST, NARROW = "generator.first.weight", "generator.narrow.weight"


def narrowed(tensors: Mapping[str, Tensor], rank: int) -> dict[str, Tensor]:
    """The same weights with the generator's first volume factored: ``rank`` values between z ``[Z]`` and it.

    Of all factorings of that rank it is the one that changes the first volume least, in the mean square over z as the
    fitted priors of all classes draw it. What is left out stands in :func:`kept_share`.
    """
    first, basis = _directions(tensors)
    chosen = basis[:, :rank]
    made = {name: value for name, value in tensors.items() if name != FIRST}
    root, inverse = _roots(_second_moment(tensors))
    made[NARROW] = (inverse @ chosen).T.contiguous().to(tensors[FIRST].dtype)
    made[FIRST] = (chosen.T @ root @ first).view(rank, *tensors[FIRST].shape[1:]).to(tensors[FIRST].dtype)
    return made


def kept_share(tensors: Mapping[str, Tensor], rank: int) -> float:
    """Share of the first volume's mean square that :func:`narrowed` keeps."""
    root, _ = _roots(_second_moment(tensors))
    strengths = torch.linalg.svdvals(root @ tensors[FIRST].double().flatten(1)).square()
    return float(strengths[:rank].sum() / strengths.sum())


def _directions(tensors: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    first = tensors[FIRST].double().flatten(1)
    root, _ = _roots(_second_moment(tensors))
    return first, torch.linalg.svd(root @ first, full_matrices=False)[0]


def _second_moment(tensors: Mapping[str, Tensor]) -> Tensor:
    """Mean of z z^T ``[Z, Z]`` over the classes' priors, each z already multiplied by its class's values."""
    means, factors = tensors["prior_mean"].double(), tensors["prior_factor"].double()
    if "generator.label.linear.weight" in tensors:
        embedded = tensors["generator.label.embed.weight"].double()
        products = embedded @ tensors["generator.label.linear.weight"].double().T
        products = products + tensors["generator.label.linear.bias"].double()
        means, factors = means * products, factors * products[:, :, None]
    return (factors @ factors.mT + means[:, :, None] * means[:, None, :]).mean(0)


def _roots(moment: Tensor) -> tuple[Tensor, Tensor]:
    """The symmetric square root and its inverse; directions that nothing fills count a little, so that there is one."""
    values, vectors = torch.linalg.eigh(moment)
    roots = values.clamp_min(1e-6 * float(values.max())).sqrt()
    return vectors * roots @ vectors.T, vectors / roots @ vectors.T
