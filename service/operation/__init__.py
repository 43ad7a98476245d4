"""For whoever runs the site: how it stops, and what it says of its work. Nothing of a visitor's is in it.

- drain    how it stops: no new work, what is under way is finished
"""
