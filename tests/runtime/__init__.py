"""Tests of runtime_setup and the package behind it."""
