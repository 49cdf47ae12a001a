"""Names of somebody else's tensors find their places among ours."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from voxstudio.engine.matching import Pair, difference, overlap, suggest

OURS = {
    "stem.weight": (8, 3, 5, 5), "stem.bias": (8,),
    **{
        f"body.{i}.{part}": shape
        for i in range(3)
        for part, shape in (
            ("conv.weight", (8, 8, 3, 3)), ("norm.weight", (8,)), ("norm.bias", (8,)), ("norm.running_mean", (8,)),
            ("norm.running_var", (8,)),
        )
    },
    "head.weight": (4, 8), "head.bias": (4,),
}  # fmt: skip


def found_as(pairs: dict[str, Pair]) -> dict[str, str]:
    return {wanted: pair.found for wanted, pair in pairs.items()}


def test_equal_names_are_sure() -> None:
    pairs, misshapen = suggest(OURS, OURS)
    assert found_as(pairs) == {name: name for name in OURS}
    assert all(pair.sure for pair in pairs.values()) and not misshapen
    assert difference(OURS, OURS, pairs, misshapen).is_empty


def test_a_common_beginning_is_sure() -> None:
    for beginning in ("module.", "model.net.", "_orig_mod.module."):
        pairs, _ = suggest({beginning + name: shape for name, shape in OURS.items()}, OURS)
        assert found_as(pairs) == {name: beginning + name for name in OURS}
        assert all(pair.sure for pair in pairs.values())
    pairs, _ = suggest(OURS, {f"encoder.{name}": shape for name, shape in OURS.items()})
    assert found_as(pairs) == {f"encoder.{name}": name for name in OURS}


def test_renumbered_layers_are_offered_in_their_order() -> None:
    def theirs(name: str) -> str:
        return re.sub(r"body\.(\d)", lambda m: f"block{int(m[1]) + 4}", name)

    pairs, _ = suggest({theirs(name): shape for name, shape in OURS.items()}, OURS)
    assert found_as(pairs) == {name: theirs(name) for name in OURS}
    assert not all(pair.sure for pair in pairs.values()), "three blocks of one shape are no certainty"


def test_a_norm_s_four_tensors_stay_together_whatever_they_are_called() -> None:
    def theirs(name: str) -> str:
        for ours, other in (("running_mean", "moving_mean"), ("running_var", "moving_variance"),
                            ("norm.weight", "norm.gamma"), ("norm.bias", "norm.beta")):  # fmt: skip
            name = name.replace(ours, other)
        return name

    pairs, _ = suggest({theirs(name): shape for name, shape in OURS.items()}, OURS)
    assert found_as(pairs) == {name: theirs(name) for name in OURS}


def test_missing_extra_and_misshapen_are_told_apart() -> None:
    theirs = {**OURS, "head.weight": (4, 9), "critic.weight": (5, 5)}
    del theirs["body.1.conv.weight"]
    pairs, misshapen = suggest(theirs, OURS)
    left = difference(theirs, OURS, pairs, misshapen)
    assert left.missing == ("body.1.conv.weight",)
    assert left.extra == ("critic.weight",)
    assert left.misshapen == (("head.weight", "head.weight"),)
    renamed = {f"module.{name}": shape for name, shape in theirs.items()}
    pairs, misshapen = suggest(renamed, OURS)
    assert difference(renamed, OURS, pairs, misshapen).misshapen == (("module.head.weight", "head.weight"),)


def test_the_overlap_counts_numbers() -> None:
    assert overlap([(2, 3)], [(2, 3)]) == 1.0
    assert overlap([(2, 3), (4,)], [(2, 3)]) == 0.6
    assert overlap([], []) == overlap([(2,)], [(3,)]) == 0.0


_NAMES = st.lists(st.sampled_from(["a", "b", "norm", "0", "1", "weight", "bias", ""]), min_size=1, max_size=4)
_SHAPES = st.dictionaries(_NAMES.map(".".join), st.sampled_from([(), (2,), (2, 2), (3, 2)]), max_size=14)


@given(_SHAPES, _SHAPES)
def test_pairs_are_one_to_one_and_of_one_shape(
    found: dict[str, tuple[int, ...]], wanted: dict[str, tuple[int, ...]]
) -> None:
    pairs, misshapen = suggest(found, wanted)
    assert len({pair.found for pair in pairs.values()}) == len(pairs)
    for name, pair in pairs.items():
        assert pair.wanted == name and found[pair.found] == wanted[name]
    left = difference(found, wanted, pairs, misshapen)
    assert len(left.missing) + len(left.misshapen) + len(pairs) == len(wanted)
    assert len(left.extra) + len(left.misshapen) + len(pairs) == len(found)
    for name, shape in found.items():
        assert wanted.get(name) != shape or pairs[name].found == name, "an equal name and shape is always taken"
