"""Losses over one batch of shapes and pictures ("Cross-domain Deep Encoding", eq. 1 and section 4.2).

Those of pytorch-metric-learning, which finds pairs and triplets by the numbers of the objects. It takes the two sides
for one if their numbers are the same tensor: hence the clones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from voxstudio.families.triplet.recipe import TripletRecipe

Objective = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""Voxel embeddings ``[B, D]``, their objects ``[B]``, picture embeddings ``[M, D]``, their objects ``[M]``: a loss."""


def objective(recipe: TripletRecipe) -> Objective:
    """The loss that the recipe names."""
    if recipe.loss == "lifted":
        return _lifted(recipe)
    one_way = _npairs(recipe) if recipe.loss == "npairs" else _triplets(recipe)
    if recipe.loss == "triplet":
        return one_way  # voxels are the anchors, pictures the positives and negatives: the paper's eq. 1

    def both_ways(voxels: Tensor, of_voxels: Tensor, images: Tensor, of_images: Tensor) -> Tensor:
        there = one_way(voxels, of_voxels, images, of_images)
        return 0.5 * (there + one_way(images, of_images, voxels, of_voxels))

    return both_ways


def _triplets(recipe: TripletRecipe) -> Objective:
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.losses import TripletMarginLoss
    from pytorch_metric_learning.miners import TripletMarginMiner
    from pytorch_metric_learning.reducers import MeanReducer

    squared: Any = LpDistance(normalize_embeddings=False, p=2, power=2)
    each: Any = 1 if recipe.mining == "random" else "all"
    loss: Any = TripletMarginLoss(recipe.margin, distance=squared, reducer=MeanReducer(), triplets_per_anchor=each)
    miner: Any = None
    if recipe.mining == "semihard":
        miner = TripletMarginMiner(recipe.margin, type_of_triplets="semihard", distance=squared)

    def of(anchors: Tensor, of_anchors: Tensor, others: Tensor, of_others: Tensor) -> Tensor:
        chosen = miner(anchors, of_anchors, others, of_others.clone()) if miner is not None else None
        return torch.as_tensor(loss(anchors, of_anchors, chosen, others, of_others.clone()))

    return of


def _npairs(recipe: TripletRecipe) -> Objective:
    from pytorch_metric_learning.losses import SupConLoss

    # With one positive for an anchor this is the n-pairs loss of unit vectors, divided by a temperature.
    loss: Any = SupConLoss(recipe.temperature)

    def of(anchors: Tensor, of_anchors: Tensor, others: Tensor, of_others: Tensor) -> Tensor:
        return torch.as_tensor(loss(anchors, of_anchors, None, others, of_others.clone()))

    return of


def _lifted(recipe: TripletRecipe) -> Objective:
    """Every pair of the batch counts, also two pictures and two shapes."""
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.losses import LiftedStructureLoss

    plain: Any = LpDistance(normalize_embeddings=False, p=2, power=1)
    loss: Any = LiftedStructureLoss(neg_margin=recipe.margin, pos_margin=0.0, distance=plain)

    def of(voxels: Tensor, of_voxels: Tensor, images: Tensor, of_images: Tensor) -> Tensor:
        return torch.as_tensor(loss(torch.cat([voxels, images]), torch.cat([of_voxels, of_images])))

    return of


def hits(queries: Tensor, of_queries: Tensor, answers: Tensor, of_answers: Tensor) -> float:
    """Share of queries ``[M, D]`` whose nearest answer ``[B, D]`` belongs to the same object."""
    nearest = torch.cdist(queries.float(), answers.float()).argmin(1)
    return float((of_answers[nearest] == of_queries).float().mean())


def apart(images: Tensor, voxels: Tensor) -> float:
    """Distance of the centres of two clouds over their spread (root mean square distance to the own centre)."""
    spread = 0.5 * sum(float((x - x.mean(0)).square().sum(1).mean()) for x in (images, voxels))
    return float((images.mean(0) - voxels.mean(0)).norm()) / math.sqrt(max(spread, 1e-12))
