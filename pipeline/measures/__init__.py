"""What a recording measures, and what follows from it."""
