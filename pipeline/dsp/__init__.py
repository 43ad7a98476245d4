"""Mathematics that knows no recording: transforms, filters, prediction, decibels.

`kernel` is the only file of the pipeline that imports numba.
"""
