"""What `runtime_setup` is made of: a home for numba's compiled code that cannot fail, and the words to report on it.

One subject per file, from the bottom up:

    environment/   what the libraries may read of the environment; checked before they are imported
    resources      cores and memory, as control groups say
    version        what this program is called, and its version
    status         how this process runs numba, as a value
    directories    may this directory be trusted with code that we will execute?
    baked          a cache made at build time, and whether it fits this process
    interpreted/   vectorize, guvectorize and stencil in plain NumPy; a numba without a compiler
    numba_cache/   where numba looks for compiled code; its files, checked; its faults, counted
    ladder         which rung: environment, baked, user, temporary, memory, interpreted
    configuration  taking the decision once per process, and the status everybody asks for
    blas_threads   one recording, one core
    warm_up        one background thread that compiles before the first visitor needs it
    doctor/        the diagnostics, and the command line over them
"""
