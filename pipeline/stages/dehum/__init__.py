"""Mains hum is found, tracked and taken out."""
