"""The diagnostics, and the command line over them."""
