"""The routes of jobs.

- orders       begin, look, cancel
- listening    what the player plays and draws
- results      what is taken home: also mixed with the recording, as a video, several as a ZIP
- one_request  a file in, a file out
- waiting      answers that have to be made first
"""
