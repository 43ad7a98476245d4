"""What is learned from: recordings, rooms, noises, and their mixtures."""
