"""What a checkout needs besides the program; each module runs as `python -m scripts.NAME`."""
