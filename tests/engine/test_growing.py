"""The last stages begin as what the coarse heads computed."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from voxstudio.engine.growing import grow_generator, grow_trunk
from voxstudio.engine.volumetric import VolumeBody, VolumeTrunk


def test_whole_logits_begin_as_the_coarse_ones_interpolated() -> None:
    torch.manual_seed(0)
    body = VolumeBody(64, 64, refine_to=64, coarse=True)
    first = torch.rand(4, 64, 4, 4, 4)
    with torch.no_grad():
        body.train()
        body.coarse_last.weight.mul_(30)
        wanted = F.interpolate(body(first, coarse=True), scale_factor=2, mode="trilinear", align_corners=False)
        grow_generator(body, first)
        found = body(first)
    inner = (slice(None), slice(None), *(slice(2, -2),) * 3)
    same = torch.corrcoef(torch.stack([found[inner].flatten(), wanted[inner].flatten()]))[0, 1]
    assert float(wanted.std()) > 0.5 and float(same) > 0.99
    assert float(((found > 0) == (wanted > 0)).float().mean()) > 0.97


def test_the_trunk_begins_with_the_map_of_the_averaged_grid() -> None:
    for norm in ("batch", "none"):
        torch.manual_seed(0)
        trunk = VolumeTrunk(8, 64, norm=norm, coarse=True)
        grids = (F.interpolate(torch.rand(4, 1, 8, 8, 8), 64, mode="trilinear") > 0.5).float()
        with torch.no_grad():
            trunk.train()
            wanted = trunk(F.avg_pool3d(grids, 2))[0]
            grow_trunk(trunk, grids)
            found = trunk(grids)[1]
        assert float((found - wanted).square().mean() / wanted.var()) < 0.02
