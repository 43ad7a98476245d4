"""Who is served when, and how much each visitor may have.

- admission  the queue: who is next when the processor is busy
- attention  work that nobody listens to takes no place, and ends
- shares     how much each visitor may have at once, and how often they may ask
"""
