"""What another family lends means the same there: shapes of encoded codes are the same shapes."""

from __future__ import annotations

import torch

from voxstudio.engine.borrowing import LEAST_SHARE, borrow
from voxstudio.engine.place import Place
from voxstudio.engine.volume_game import Game
from voxstudio.families import family
from voxstudio.lab.training import make_recipe


def game_of(key: str, **changes: object) -> Game:
    small = {**family(key).smallest, "coarse_steps": 0, **changes}
    trainer = family(key).load("trainer")(make_recipe(key, **small), lambda step: iter(()), Place("cpu"), 7)
    game = trainer.game
    with torch.no_grad():  # norms that do something
        for net in (game.maker, game.critic):
            for name, value in net.state_dict().items():
                if "norm" in name and value.dtype.is_floating_point:
                    value.uniform_(0.5, 1.5)
    game.average.net.load_state_dict(game.maker.state_dict())
    return game


@torch.no_grad()
def test_noise_means_the_same_in_every_family_that_borrows() -> None:
    lender = game_of("infogan3d")
    tensors = lender.export()
    noise = torch.randn(3, lender.space.noise, generator=torch.Generator().manual_seed(1))
    codes = torch.cat([noise, torch.zeros(3, lender.space.inputs - lender.space.noise)], 1)
    lender.maker.eval()
    lender.critic.eval()
    wanted = lender.maker.decode(codes)
    grids = torch.rand(2, 1, 32, 32, 32, generator=torch.Generator().manual_seed(2))
    read = lender.critic(grids)[1][:, : 2 * lender.space.noise]
    for key, changes in (("gan3d", {}), ("enhancer_gan", {}), ("enhancer_gan", {"bridge": "none"})):
        game = game_of(key, **changes)
        assert borrow(game, tensors) > (0.5 if key == "gan3d" else LEAST_SHARE), key
        for net in (game.maker, game.average.net):
            net.eval()
            assert torch.allclose(net.decode(noise), wanted, atol=1e-5), key
        game.critic.eval()
        assert torch.allclose(game.critic(grids)[1], read, atol=1e-5), key


@torch.no_grad()
def test_what_does_not_fit_stays_as_it_was() -> None:
    tensors = game_of("infogan3d").export()
    game = game_of("gan3d", width=32, d_width=8)
    before = {name: value.clone() for name, value in game.maker.state_dict().items()}
    assert borrow(game, tensors) < LEAST_SHARE
    assert all(torch.equal(value, before[name]) for name, value in game.maker.state_dict().items())
