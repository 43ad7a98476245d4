"""Peaks that were cut off are found and rebuilt."""
