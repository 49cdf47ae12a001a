"""Volumetric blocks compute what their plain forms compute."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from voxstudio.engine.modules import LastUp, split_kernel


@pytest.mark.parametrize(("inputs", "outputs", "side"), [(5, 1, 4), (3, 2, 6)])
def test_a_split_kernel_is_the_transposed_convolution(inputs: int, outputs: int, side: int) -> None:
    torch.manual_seed(0)
    plain = nn.ConvTranspose3d(inputs, outputs, 4, 2, 1, bias=False).double()
    x = torch.randn(2, inputs, side, side, side).double()
    parts = nn.functional.conv3d(x, split_kernel(plain.weight), padding=1)
    wanted = plain(x)
    for corner in range(8):
        a, b, c = corner >> 2, corner >> 1 & 1, corner & 1
        part = parts[:, corner * outputs : (corner + 1) * outputs]
        torch.testing.assert_close(part, wanted[:, :, a::2, b::2, c::2])


def test_the_last_layer_in_half_precision_follows_the_plain_one_in_value_and_gradient() -> None:
    torch.manual_seed(0)
    fast, plain = LastUp(16), nn.ConvTranspose3d(16, 1, 4, 2, 1)
    plain.load_state_dict(fast.state_dict())
    x = torch.randn(2, 16, 8, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        quick = fast(x)
    assert quick.dtype == torch.bfloat16
    wanted = plain(x)
    torch.testing.assert_close(quick.float(), wanted, atol=0.03, rtol=0.02)
    torch.testing.assert_close(fast(x), wanted)  # in float32 it is the plain layer
    quick.float().square().mean().backward()
    wanted.square().mean().backward()
    for mine, theirs in zip(fast.parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None and theirs.grad is not None
        torch.testing.assert_close(mine.grad, theirs.grad, atol=0.01, rtol=0.05)
