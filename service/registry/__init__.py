"""Work that outlives the connection it was asked for by: found again by an unguessable name.

- job       one order, how far it is, and what became of it
- registry  all of them
- extras    what is made of a result when somebody asks for it
"""
