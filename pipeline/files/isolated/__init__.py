"""Decoding in a process of its own, which can be stopped at any time and has little memory and time."""
