"""Which tests are to notice a change of a file: those that mirror it, then their neighbours."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath


def chosen_tests(source: str, root: Path) -> list[str]:
    """Test files, the likeliest first.

    `a/b/c.py` is mirrored by `tests/a/b/test_c.py`, else by what has the name of a folder it is in (`test_b.py`).
    Neighbours are the tests that import the module, those of whole enhancements, and, where none mirrors it, those in
    the same folder. Further tests may notice, too: a score made with these is the least that all of them would get.
    """
    path = PurePosixPath(source)
    mirrored, folder = [f"test_{path.stem}.py"], PurePosixPath("tests") / path.parent
    while not (root / folder).is_dir():
        mirrored.append(f"test_{folder.name}.py")
        folder = folder.parent
    here = sorted(str(PurePosixPath(folder, file.name)) for file in (root / folder).glob("test_*.py"))
    first = [name for name in here if PurePosixPath(name).name in mirrored]
    module = re.escape(".".join(path.with_suffix("").parts))
    parent = re.escape(".".join(path.parent.parts))
    imports = re.compile(rf"\b{module}\b|from {parent} import [^\n]*\b{re.escape(path.stem)}\b")
    others = [
        str(file.relative_to(root)) for file in sorted((root / "tests").rglob("test_*.py"))
        if imports.search(file.read_text(encoding="utf-8"))
    ]  # fmt: skip
    whole = ["tests/pipeline/test_enhancement.py"] if path.parts[0] == "pipeline" else []
    return list(dict.fromkeys([*first, *others, *([] if first else here), *whole]))
