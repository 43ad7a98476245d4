"""Short programs that use the engine and the API; each says on top how to run it."""
