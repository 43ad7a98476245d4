"""For whoever runs the site: how it stops, and what it says of its work. Nothing of a visitor's is in it.

- drain    how it stops: no new work, what is under way is finished
- tally    what it has done: a line of the log for each piece of work, and counts
- metrics  the counts, as Prometheus reads them
- budget   so many lines in a minute
"""
