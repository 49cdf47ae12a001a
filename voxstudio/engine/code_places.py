"""Where continuous codes of shapes lie: InfoGAN draws codes independently, shapes have them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from voxstudio.engine.codes import ROOT2, CodeSpace


@dataclass(frozen=True)
class CodePlaces:
    """Where the continuous codes of shapes lie, as normal scores: a gaussian for each value of the first choice.

    ``means`` ``[D][C]``, ``factors`` ``[D][C][C]`` (lower Cholesky factors); D is 1 without categorical codes. Draws of
    a model follow it; sliders go wherever a person wants.
    """

    means: tuple[tuple[float, ...], ...]
    factors: tuple[tuple[tuple[float, ...], ...], ...]

    @classmethod
    def fitted(cls, space: CodeSpace, codes: Tensor) -> CodePlaces:
        """Fit to the codes ``[N, inputs]`` of shapes; a value that few shapes have is taken from all shapes."""
        _, one_hot, continuous = space.split(codes.float())
        scores = ROOT2 * torch.erfinv(continuous.clamp(-0.999, 0.999))
        kinds, means, factors = _kinds(space, one_hot), [], []
        for kind in range(space.categories if space.categorical else 1):
            mine = scores[kinds == kind]
            mine = mine if len(mine) > 4 * space.continuous else scores
            covariance = torch.cov(mine.T).reshape(space.continuous, space.continuous)
            factor = torch.linalg.cholesky(covariance + 1e-3 * torch.eye(space.continuous))
            means.append(tuple(round(float(value), 4) for value in mine.mean(0)))
            factors.append(tuple(tuple(round(float(value), 4) for value in row) for row in factor))
        return cls(tuple(means), tuple(factors))

    def to_json(self) -> dict[str, Any]:
        """For a card."""
        return {"means": [list(row) for row in self.means], "factors": [[list(r) for r in one] for one in self.factors]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any], space: CodeSpace) -> CodePlaces | None:
        """Read from a card; None if it has none that fit."""
        found = document.get("code_places")
        rows = space.categories if space.categorical else 1
        try:
            means = torch.tensor(found["means"], dtype=torch.float32)  # type: ignore[index]  # None raises here
            factors = torch.tensor(found["factors"], dtype=torch.float32)  # type: ignore[index]  # None raises here
        except (TypeError, KeyError, ValueError):
            return None
        if means.shape != (rows, space.continuous) or factors.shape != (rows, space.continuous, space.continuous):
            return None
        given: Any = found
        return cls(
            tuple(tuple(float(value) for value in row) for row in given["means"]),
            tuple(tuple(tuple(float(value) for value in row) for row in one) for one in given["factors"]),
        )

    def placed(self, space: CodeSpace, code: Tensor) -> Tensor:
        """Prior draws ``[N, inputs]`` with their continuous codes moved to where codes lie."""
        noise, one_hot, continuous = space.split(code)
        kinds = _kinds(space, one_hot)
        scores = ROOT2 * torch.erfinv(continuous.clamp(-0.999, 0.999))
        moved = torch.einsum("nij,nj->ni", torch.tensor(self.factors)[kinds], scores) + torch.tensor(self.means)[kinds]
        return torch.cat([noise, one_hot, torch.erf(moved / ROOT2)], 1)


def _kinds(space: CodeSpace, one_hot: Tensor) -> Tensor:
    """The value of the first categorical code, int64 ``[N]``; zeros without one."""
    if not space.categorical:
        return torch.zeros(len(one_hot), dtype=torch.long)
    return one_hot[:, : space.categories].argmax(1)
