"""The reference network behind the scores: the volumetric CNN of Qi et al. (CVPR 2016) on ModelNet10."""
