"""The joint loss is the sum of the two plain ones, value and gradient."""

from __future__ import annotations

import pytest
import torch

from voxstudio.engine.occupancy_loss import composed_loss, occupancy_loss


@pytest.mark.parametrize(("positive", "weight"), [(1.0, 0.0), (1.0, 5.0), (3.0, 2.0)])
def test_value_and_gradient_are_those_of_the_plain_losses(positive: float, weight: float) -> None:
    torch.manual_seed(0)
    target = (torch.rand(3, 1, 8, 8, 8) > 0.8).double()
    plain = (torch.randn_like(target) * 4).requires_grad_()
    joint = plain.detach().clone().requires_grad_()
    wanted, entropy, dice = composed_loss(plain, target, positive, weight)
    (2 * wanted).backward()
    loss, its_entropy, its_dice = occupancy_loss(joint, target, positive, weight)
    (2 * loss).backward()
    torch.testing.assert_close((loss, its_entropy, its_dice), (wanted, entropy, dice))
    torch.testing.assert_close(joint.grad, plain.grad)


def test_extreme_logits_stay_finite() -> None:
    logits = torch.tensor([[-200.0, 200.0, 0.0, 90.0]]).requires_grad_()
    loss, _, _ = occupancy_loss(logits, torch.tensor([[1.0, 0.0, 1.0, 1.0]]), 2.0, 1.0)
    loss.backward()
    assert bool(torch.isfinite(loss)) and logits.grad is not None and bool(torch.isfinite(logits.grad).all())
    assert logits.grad[0, 0] < 0 < logits.grad[0, 1]  # a wrong sure answer is still pulled back


@pytest.mark.parametrize("scale", [1.0, 30.0, 200.0])
def test_sure_logits_in_single_precision_cost_what_the_plain_loss_says(scale: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 1, 16, 16, 16) * scale
    target = (torch.rand_like(logits) > 0.9).float()
    for mine, plain in zip(
        occupancy_loss(logits, target, 2.0, 5.0), composed_loss(logits, target, 2.0, 5.0), strict=True
    ):
        torch.testing.assert_close(mine, plain, rtol=1e-4, atol=1e-4)
