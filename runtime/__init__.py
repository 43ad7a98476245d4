"""What `runtime_setup` is made of: a home for numba's compiled code that cannot fail, and the words to report on it.

One subject per file, from the bottom up:

    directories    may this directory be trusted with code that we will execute?
    baked          a cache made at build time, and whether it fits this process
    ladder         which rung: environment, baked, user, temporary, memory, interpreted
    configuration  taking the decision once per process, and the status everybody asks for
    numba_hook     putting the decision into numba, whenever numba is imported
    locator        where numba looks for a function's compiled code (numba's official extension point)
    cache_files    reading and writing it: checked, and never shared with a stranger
    cache_patches  letting numba use these files, and outlive every fault of theirs
    cache_faults   what went wrong with the cache, counted
    compilations   how much was compiled, how much was found
    interpreted    vectorize and guvectorize in plain NumPy, for a process that must not compile
    stencil        the same for stencil
    numba_stub     a numba without a compiler, should the real one not be importable
    exercise       calling what the service will call
    warm_up        one background thread that compiles before the first visitor needs it
    checks, report, doctor, remote, bake    the diagnostics, and the command line over them
"""
