"""What a recording holds beside speech: music, singing, laughter, applause; where, and how it is kept."""
