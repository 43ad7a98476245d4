"""The routes that are ours, and what they need of HTTP.

- routes       the table
- uploads      files in; how far an upload is
- multipart    a form with files, read while it arrives
- downloads    files out
- jobs         work: begin, look, cancel
- results      what a finished job has made, also mixed, as a video, or several as one file
- media        what of it is listened to and looked at
- one_request  a recording in, the enhanced file out
- waiting      work that an open request waits for
- visitors     who asks
- password     whether they may
- refusals     what a refused request is told
"""
