"""Mathematics that knows no recording: transforms, filters, prediction, decibels."""
