"""The network without audio: bands, features, kernels, weights. Training shares it."""
