"""The network in PyTorch; its sizes and its growth need only NumPy."""
