"""How strong the tests are: the sources are changed in one place at a time, and the tests should notice.

mutmut (BSD-3) and cosmic-ray (MIT) were tried first. mutmut 3 changes neither constants of a module nor the bodies of
decorated functions, which are our numbers and our kernels. cosmic-ray runs one test command for all places, changes the
checkout itself, has no sample, and brings a database and a web client. So: the standard library's `ast`, and pytest.
"""
