"""Enhancer GAN: a generator of pictures lends its features to a generator of shapes."""
