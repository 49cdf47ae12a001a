"""Drawn codes lie where those of shapes lie: the same means and covariances, kind by kind, through a card and back."""

from __future__ import annotations

import json

import torch

from voxstudio.engine.code_places import CodePlaces
from voxstudio.engine.codes import ROOT2, CodeSpace

SPACE = CodeSpace(noise=3, categorical=1, categories=2, continuous=2)


def codes_of_shapes(count: int) -> torch.Tensor:
    """Of kind 0 both codes are large and go together; of kind 1 the first is small and the second does not vary."""
    random = torch.Generator().manual_seed(1)
    scores = torch.randn(count, 2, generator=random)
    kinds = torch.arange(count) % 2
    first = 0.5 + 0.4 * scores[:, 0]
    told = torch.where(
        kinds[:, None] == 0, torch.stack([first, first + 0.1 * scores[:, 1]], 1),
        torch.stack([-1 + 0.2 * scores[:, 0], 0.02 * scores[:, 1]], 1),
    )  # fmt: skip
    one_hot = torch.nn.functional.one_hot(kinds, 2).float()
    return torch.cat([torch.zeros(count, 3), one_hot, torch.erf(told / ROOT2)], 1)


def test_draws_follow_shapes_kind_by_kind() -> None:
    shapes = codes_of_shapes(4000)
    found = CodePlaces.fitted(SPACE, shapes)
    again = CodePlaces.from_json({"code_places": json.loads(json.dumps(found.to_json()))}, SPACE)
    assert again is not None and again.to_json() == found.to_json()
    drawn = SPACE.prior(4000, torch.Generator().manual_seed(2))
    placed = again.placed(SPACE, drawn)
    assert torch.equal(placed[:, :5], drawn[:, :5]), "noise and kind stay"
    for kind in range(2):
        one, other = (codes[codes[:, 3 + kind] == 1][:, 5:] for codes in (shapes, placed))
        assert torch.allclose(one.mean(0), other.mean(0), atol=0.03)
        assert torch.allclose(torch.cov(one.T), torch.cov(other.T), atol=0.02)


def test_a_rare_kind_is_taken_from_all_and_what_does_not_fit_is_left_out() -> None:
    shapes = codes_of_shapes(400)
    common = shapes[shapes[:, 3] == 1]
    found = CodePlaces.fitted(SPACE, common)
    assert found.means[0] == found.means[1]
    other = CodeSpace(noise=3, categorical=1, categories=3, continuous=2)
    assert CodePlaces.from_json({"code_places": found.to_json()}, other) is None
    assert CodePlaces.from_json({}, SPACE) is None
    assert CodePlaces.from_json({"code_places": {"means": "no", "factors": 3}}, SPACE) is None
