"""What is kept of a recording's enhancement, so that the next one with other settings begins further on.

- store  where it is kept: bounded, the oldest goes first
- rows   numbers in a file without a name
- tape   what the network said, unit by unit
- work   what one enhancement finds, and leaves
"""
