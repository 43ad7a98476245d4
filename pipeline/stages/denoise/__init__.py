"""Noise and room: the neural denoiser, the spectral one, and the choice between them."""
