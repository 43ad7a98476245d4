"""NumPy in place of numba's decorators, for a process that must not compile."""
