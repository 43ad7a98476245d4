"""How the weights of the neural denoiser were made: data, mixing, network, losses, evaluation, export.

Not part of the app: it needs torch (`training/requirements.txt`), which the app never does.
"""
