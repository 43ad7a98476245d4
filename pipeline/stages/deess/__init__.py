"""Sharp s sounds are found and softened."""
