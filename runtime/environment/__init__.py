"""What the environment says to the libraries, before they are imported: what would stop them is taken away, and said.

- values   what a value may be
- table    which variables there are, what each may hold, and what is done if it does not
- mending  the table applied: to a process that is ours for good, around an import in one that is not
- imports  around which imports
- process  what is no variable: the mask of new files, closed standard streams, an encoding without most letters
"""
