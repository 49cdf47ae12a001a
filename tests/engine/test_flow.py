"""The flow that carries noise to encoded codes: exact both ways, and it learns what a gaussian cannot tell."""

from __future__ import annotations

import pytest
import torch

from voxstudio.engine.codes import CodeSpace, Entry
from voxstudio.engine.flow import CouplingFlow


@pytest.mark.parametrize("size", [6, 7])
def test_the_way_back_is_exact_and_the_volume_is_the_jacobian(size: int) -> None:
    torch.manual_seed(0)
    flow = CouplingFlow(size, 2, 8).double()
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.4)
    noise, condition = torch.randn(5, size).double(), torch.randn(5, 2).double()
    codes = flow(noise, condition)
    back, change = flow.back(codes, condition)
    torch.testing.assert_close(back, noise, atol=1e-5, rtol=1e-5)
    for row in range(5):
        jacobian = torch.autograd.functional.jacobian(
            lambda x, row=row: flow(x[None], condition[row : row + 1])[0], noise[row]
        )
        torch.testing.assert_close(-torch.linalg.slogdet(jacobian)[1], change[row], atol=1e-4, rtol=1e-4)


def test_draws_fall_on_the_codes_of_two_kinds_of_shapes_and_not_between() -> None:
    torch.manual_seed(0)
    space = CodeSpace(noise=4)
    kind = torch.randint(2, (3000, 1)).float() * 2 - 1
    codes = torch.cat([3 * kind, kind * torch.ones(3000, 3)], 1) + 0.3 * torch.randn(3000, 4)
    linear, bent = Entry(space), Entry(space, 32)
    linear.fit(codes)
    bent.fit(codes, flow_steps=600)
    drawn = space.prior(2000, torch.Generator().manual_seed(1))
    between = [float((entry(drawn)[:, 0].abs() < 1.5).float().mean()) for entry in (linear, bent)]
    assert between[0] > 0.3 and between[1] < 0.12
    torch.testing.assert_close(bent.leave(bent(drawn)), drawn, atol=1e-3, rtol=1e-3)


def test_each_category_has_its_own_spread() -> None:
    torch.manual_seed(0)
    space = CodeSpace(noise=4, categorical=1, categories=2)
    which = torch.randint(2, (4000,))
    spread = torch.tensor([0.1, 2.0])[which, None]
    codes = torch.cat([spread * torch.randn(4000, 4), torch.nn.functional.one_hot(which, 2).float()], 1)
    entry = Entry(space, 32)
    entry.fit(codes, flow_steps=300)
    drawn = space.prior(2000, torch.Generator().manual_seed(1))
    with torch.no_grad():
        places, chosen = entry(drawn)[:, :4], drawn[:, 4:].argmax(1)
    assert float(places[chosen == 0].std()) == pytest.approx(0.1, rel=0.35)
    assert float(places[chosen == 1].std()) == pytest.approx(2.0, rel=0.2)
