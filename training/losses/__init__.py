"""How far an answer is from what is wanted, in several ways."""
