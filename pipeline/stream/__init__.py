"""How a recording flows in blocks: stages, units, sources, the spool, meters, progress."""
