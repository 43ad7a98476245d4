"""Where numba keeps compiled code, and what happens when that fails."""
