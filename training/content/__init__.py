"""How the content detector's weights are made: scenes of speech, music, singing, laughter, applause and noise."""
