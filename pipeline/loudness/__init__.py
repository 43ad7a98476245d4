"""Loudness by ITU-R BS.1770: meter, true peak, limiter, normalisation."""
