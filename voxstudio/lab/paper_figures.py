"""Figures that the papers print, by table."""

from __future__ import annotations

from collections.abc import Mapping

INCEPTION: Mapping[str, float] = {
    "3DWINN, one network (joint-single)": 7.81,
    "3DWINN, last iterations (joint-multi)": 8.81,
    "3DWINN, a network for each class (separate-multi)": 10.25,
    "3D-GAN": 8.66,
    "3D ShapeNets": 4.13,
    "3D VAE": 11.02,
    "3D-DescriptorNet": 11.77,
}
"""3DWINN, table 2: Inception scores on ModelNet10, with a reference network of more than ten classes."""

FID: Mapping[str, float] = {
    "dresser": 305, "toilet": 474, "night_stand": 456, "chair": 225, "table": 220, "sofa": 151, "monitor": 181,
    "bed": 222, "bathtub": 305, "desk": 322,
}  # fmt: skip
"""3DWINN, table 3, by class; one network for each."""
FID_GAN: Mapping[str, float] = {"chair": 469, "sofa": 517, "desk": 651}
"""3D-GAN in the same table."""

CLASS_PROBABILITY: Mapping[str, float] = {
    "dresser": 0.8114, "toilet": 0.9570, "night_stand": 0.5723, "chair": 0.9938, "table": 0.9055, "sofa": 0.9538,
    "monitor": 0.9820, "bed": 0.9301, "bathtub": 0.9477, "desk": 0.9184,
}  # fmt: skip
"""3DWINN, table 4, by class; one network for each."""
CLASS_PROBABILITY_GAN: Mapping[str, float] = {
    "dresser": 0.6314, "toilet": 0.8569, "night_stand": 0.6853, "chair": 0.9700, "table": 0.8377, "sofa": 0.9276,
    "monitor": 0.2493, "bed": 0.7775, "bathtub": 0.7017, "desk": 0.7936,
}  # fmt: skip
"""3D-GAN in the same table."""

ACCURACY = {"baseline": 0.931, "3DWINN": 0.936}
"""3DWINN, table 5: supervised classification on ModelNet10."""
SVM = {"3DWINN": 0.919, "3D-GAN": 0.910}
"""3DWINN, table 6: linear SVM on features learnt without labels."""

ADVERSARIAL_ERROR = {
    "baseline": {"fgsm": 0.2764, "iterative-5": 0.3050, "iterative-10": 0.5319},
    "3DWINN": {"fgsm": 0.1905, "iterative-5": 0.1927, "iterative-10": 0.4383},
}
CORRECTION_RATE = {
    "baseline": {"fgsm": 0.4612, "iterative-5": 0.5060, "iterative-10": 0.5188},
    "3DWINN": {"fgsm": 0.7398, "iterative-5": 0.7006, "iterative-10": 0.7546},
}
"""3DWINN, table 7: errors of the attacked network, and what the named one corrects of the other's errors."""
ATTACK_WORDS = {
    "fgsm": "FGSM", "iterative-5": "iterative FGSM, 5 steps", "iterative-10": "iterative FGSM, 10 steps",
}  # fmt: skip

INFOGAN = {"ap": {"3DInfoGAN": 0.201, "3D-GAN": 0.472}, "distance": {"3DInfoGAN": 34.3}, "mse": {"3DInfoGAN": 209.0}}
"""3DInfoGAN, tables 1 and 2: average precision, average distance and mean squared error, both times 1,000."""
ENHANCER = {"with the enhancer": (0.9163, 0.65), "without": (0.8888, 0.6182)}
"""Enhancer GAN, tables 1 and 2: accuracy of a linear SVM and mean average precision on ModelNet10."""
VAE_GAN = {"iou_1": 0.0948, "ssim3d_1": 0.2675}
"""3D-VAE-GAN report, 2.6.5: chairs of the validation part, the model with the SSIM figure."""
