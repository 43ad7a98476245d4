"""What the browser plays and draws instead of the files themselves: made beside a result, small.

- listening    copies in MP3 of which any part can be fetched and decoded for itself
"""
