"""What a running site does, whoever asks: the page, a program, a health check. Nothing here knows Gradio.

- config        what the environment says: address, limits, lifetimes
- ledger        which files may be named, and how much room each visitor has
- storage       where uploads and results live, and how they disappear
- languages     which the page speaks, and what it says in them
- names         what visitors call their files, as names to be stored and shown
- site          configuration, storage and queue of one running site
- line/         who is served when, and how much each visitor may have
- work          one request's work in a thread: progress out, cancel in
- jobs          what a request does: load, enhance, save
- warm_up       all of this, called once before the first visitor waits for it
- faults        from an exception to what a person or a program is told
- media/        what the browser plays and draws of a result
- health        what /health, /ready and /api/diagnostics say
- operation/    for whoever runs it: how it stops, what it says of its work
- http/         the routes that are ours
"""
