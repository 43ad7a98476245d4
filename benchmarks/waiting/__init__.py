"""How long a person waits: beside the peers, after a slider was moved, for the first ten seconds, for the start.

    python -m benchmarks.waiting [RECORDING] [--runs 5]

Default recording: an example of the app's, as often as makes two minutes. One thread for each recording; medians.
"""
