"""3D-VAE-GAN: from one or many pictures, or from noise, to voxels ("GAN architectures for 3D Models", 2.4 to 2.6)."""
