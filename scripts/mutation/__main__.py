"""`make mutate`: change a sample of places, one at a time, and see which changes no test notices.

python -m scripts.mutation [--count 100] [--seed 1] [FILE …]     (default: the files changed since HEAD, or in it)
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from .chosen_tests import chosen_tests
from .places import Mutation, mutations
from .tree import Tree, Verdict

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("pipeline/", "service/", "runtime/", "web/", "app.py", "runtime_setup.py")
PROCESSES = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every survivor and the score; 1 if the sources as they are do not pass their tests."""
    options = _options(arguments)
    chosen = sample([*options.files] or _changed(), options.count, options.seed)
    sys.stdout.write(f"{len(chosen)} mutations, seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        trees: SimpleQueue[Tree] = SimpleQueue()
        for number in range(PROCESSES):
            trees.put(Tree(ROOT, Path(place, str(number))))

        def tried(mutation: Mutation) -> Verdict:
            tree = trees.get()
            try:
                verdict = tree.try_out(mutation, chosen_tests(mutation.path, tree.place), options.timeout_s)
            finally:
                trees.put(tree)
            sys.stdout.write(f"{'noticed ' if verdict.noticed else 'SURVIVED'} {mutation}  [{verdict.by}]\n")
            sys.stdout.flush()
            return verdict

        with ThreadPoolExecutor(PROCESSES) as pool:
            verdicts = list(pool.map(tried, chosen))
        unsound = trees.get().failing({verdict.by for verdict in verdicts if "::" in verdict.by})
    noticed = sum(verdict.noticed for verdict in verdicts)
    sys.stdout.write(f"{noticed} of {len(chosen)} noticed ({100 * noticed / max(1, len(chosen)):.0f} %)\n")
    if unsound:
        sys.stdout.write("These fail without any mutation, so the score means nothing:\n" + "\n".join(unsound) + "\n")
    return 1 if unsound else 0


def sample(files: Sequence[str], count: int, seed: int) -> list[Mutation]:
    """`count` mutations of `files`, drawn evenly over their places; folders stand for what is in them."""
    rng = random.Random(seed)
    paths = sorted({path for name in files for path in _sources(ROOT / name)})
    places = [place for path in paths for place in mutations(str(path.relative_to(ROOT)), path.read_bytes(), rng)]
    return sorted(rng.sample(places, min(count, len(places))), key=lambda place: (place.path, place.line))


def _sources(path: Path) -> list[Path]:
    found = path.rglob("*.py") if path.is_dir() else [path]
    return [file for file in found if file.is_file() and "__pycache__" not in file.parts]


def _changed() -> list[str]:
    for since in ("HEAD", "HEAD~1"):
        done = subprocess.run(
            ["git", "diff", "--name-only", since, "--", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        if names := [name for name in done.stdout.split() if name.startswith(ROOMS)]:
            return names
    return []


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="files or folders, from the checkout's root")
    parser.add_argument("--count", type=int, default=100, help="mutations to try (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default 1)")
    parser.add_argument("--timeout-s", type=float, default=420.0, help="a mutant that takes longer is noticed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
