"""Inputs by the thousand; long runs with STRESS=1."""
