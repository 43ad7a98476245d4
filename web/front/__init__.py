"""What every request passes before Gradio sees it: an allow-list of routes, each with its limits.

- doors      the list: which routes there are, and what a request to each may bring
- gate       the middleware: asks all the others, and answers what is refused in one line
- bodies     a request's body: how large, how slow
- calls      what a call of the page or of a program must look like
- origins    under which names the app may be asked for, and whose pages may use it
- headers    what is left out of requests, and put into answers
- listeners  who listens to the work they asked for
- streams    streams that there are not
- refused    the log of what was refused: one line each, and not too many
- transport  connections: how many, and how long half a request may take
"""
