"""3D-GAN: voxel shapes from noise ("GAN architectures for 3D Models", section 2; Wu et al., NeurIPS 2016)."""
