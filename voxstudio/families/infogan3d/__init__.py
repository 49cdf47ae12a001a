"""3DInfoGAN: voxel shapes from noise and from codes that mean something (3DInfoGAN)."""
