"""Visitors of every kind for a long while; the long run with STRESS=1."""
