"""The parts of the cross-domain encoder: the paper's sizes, entries that fold, a centre that stays, losses."""

from __future__ import annotations

import pytest
import torch

from voxstudio.core.errors import BadInput
from voxstudio.families.triplet.losses import apart, hits, objective
from voxstudio.families.triplet.networks import Centre, CrossDomain, Entry, pool_factors
from voxstudio.families.triplet.recipe import TripletRecipe
from voxstudio.families.triplet.trainer import changed
from voxstudio.lab.training import make_recipe


def test_the_paper_s_network_has_the_sizes_of_its_table() -> None:
    with torch.device("meta"):
        net = CrossDomain(make_recipe("triplet", "paper"))
    shapes = {name: tuple(value.shape) for name, value in net.named_parameters()}
    assert shapes["voxels.connected.1.weight"] == (4096, 8192) and shapes["images.connected.1.weight"] == (4096, 4608)
    assert shapes["voxels.units.0.weight"] == (16, 2, 3, 3, 3) and shapes["images.units.0.weight"] == (16, 3, 3, 3)
    weights = sum(value.numel() for value in net.parameters()) * 4 / 2**20
    assert weights == pytest.approx(204, abs=2), "MB of weights, as the paper counts them"
    assert pool_factors(8, 2) == (2, 4) and pool_factors(27, 2) == (3, 9) and pool_factors(8, 1) == (8,)
    with pytest.raises(BadInput, match="'image_size' must be a multiple of 24"):
        TripletRecipe(image_size=100)


@pytest.mark.parametrize("volumetric", [False, True])
def test_folding_loses_nothing_and_keeps_blocks_together(volumetric: bool) -> None:
    axes = 3 if volumetric else 2
    x = torch.randn(2, 2, *[8] * axes)
    fold = Entry("fold", 4, volumetric)
    y = fold(x)
    assert y.shape == (2, fold.channels(2), *[2] * axes)
    assert torch.equal(y.flatten().sort().values, x.flatten().sort().values)
    block = x[(0, 0, *[slice(4, 8)] * axes)]
    assert torch.equal(y[(0, slice(0, 4**axes), *[1] * axes)], block.flatten())


def test_what_all_embeddings_share_has_no_gradient_and_cannot_run_away() -> None:
    centre = Centre(3).train()
    x = torch.randn(8, 3, requires_grad=True)
    (centre(x) ** 3).sum().backward()
    assert x.grad is not None and x.grad.abs().max() > 0 and x.grad.sum(0).abs().max() < 1e-5
    for _ in range(400):
        centre(torch.randn(8, 3) + 5)
    assert (centre.mean - 5).abs().max() < 0.5
    assert torch.allclose(centre.eval()(x.detach() + 5), x.detach() + 5 - centre.mean)


@pytest.mark.parametrize(
    "options",
    [{"loss": "npairs"}, {"loss": "triplet", "mining": "all"}, {"loss": "symmetric", "mining": "semihard"},
     {"loss": "lifted"}],
)  # fmt: skip
def test_every_loss_is_least_where_each_picture_lies_on_its_shape(options: dict[str, str]) -> None:
    loss = objective(TripletRecipe(**options))  # type: ignore[arg-type]  # names and values of options
    torch.manual_seed(0)
    shapes = torch.nn.functional.normalize(torch.randn(12, 16), dim=1)
    objects, of_images = torch.arange(12), torch.arange(12).repeat_interleave(2)
    right = shapes[of_images]
    assert hits(right, of_images, shapes, objects) == 1.0 and apart(right, shapes) < 1e-4
    good, bad = (float(loss(shapes, objects, images, of_images)) for images in (right, right.roll(2, 0)))
    assert good < bad, options


def test_a_paper_s_triplet_is_its_equation() -> None:
    loss = objective(TripletRecipe(loss="triplet", mining="all", margin=1.0))
    voxels, images = torch.tensor([[0.0], [3.0]]), torch.tensor([[1.0], [2.0]])
    objects = torch.arange(2)
    # |p - v|^2 - |n - v|^2 + 1 is 1 - 4 + 1 for both, so 0; with the pictures swapped it is 4 - 1 + 1.
    assert float(loss(voxels, objects, images, objects)) == 0.0
    assert float(loss(voxels, objects, images.flip(0), objects)) == pytest.approx(4.0)


def test_changed_pictures_keep_their_ground_and_turn_with_their_shapes() -> None:
    torch.manual_seed(1)
    views = torch.full((6, 2, 8, 8, 4), 128, dtype=torch.uint8)
    views[..., 3] = 0
    views[:, :, 2:5, 1:3] = torch.tensor([200, 30, 90, 255], dtype=torch.uint8)
    grids = torch.zeros(6, 8, 8, 8)
    grids[:, 1] = 1
    seen, shapes = changed(views, grids, TripletRecipe())
    away = seen[..., 3] == 0
    assert bool((seen[away][:, :3] == 128).all()), "the ground stays mid grey"
    left = seen[:, 0, :, 1, 3].amax(1) > 0
    assert torch.equal(left, shapes[:, 1].amax((1, 2)) > 0), "a mirrored picture shows a mirrored shape"
    assert 0 < int(left.sum()) < 6 and len(torch.unique(seen[:, :, 3, 1 if left[0] else 6, 0])) > 1
    same, _ = changed(views, grids, TripletRecipe(jitter=0.0, mirror=False))
    assert torch.equal(same, views)
