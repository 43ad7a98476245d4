"""Where a source can be changed, and into what: one number, comparison, operator, argument or call at a time.

Not changed: docstrings, annotations, text, what only goes to a log, and code for type checkers alone.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

COMPARED: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">")), ast.LtE: ("<=", ("<", ">")), ast.Gt: (">", (">=", "<")), ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)), ast.NotEq: ("!=", ("==",)), ast.Is: ("is", ("is not",)), ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)), ast.NotIn: ("not in", ("in",)),
}  # fmt: skip
RECKONED: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"), ast.Pow: ("**", "*"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.MatMult: ("@", "*"),
}  # fmt: skip
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
UNORDERED = {*CALLED, "isinstance", "getattr"}  # exchanged arguments change nothing, or nothing but the kind of crash
LOGS = {"log", "logging", "logger"}

Edit: TypeAlias = tuple[int, int, bytes]
"""From, to (bytes of the source), and what stands there instead."""


@dataclass(frozen=True)
class Mutation:
    """One changed place. line : from 1; before, after : the line's text, without its margin."""

    path: str
    line: int
    before: str
    after: str
    source: bytes

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before}  →  {self.after}"


def mutations(path: str, source: bytes, rng: random.Random) -> list[Mutation]:
    """One mutation for each place of the file; where several are possible, `rng` decides."""
    found = []
    for edits in _Places(source).found():
        start, stop, text = rng.choice(edits)
        changed = source[:start] + text + source[stop:]
        line = source.count(b"\n", 0, start)
        before, after = (whole.split(b"\n")[line].strip().decode() for whole in (source, changed))
        if _parses(changed):
            found.append(Mutation(path, line + 1, before, after, changed))
    return found


def _parses(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


class _Places:
    """The places of one file, each with the edits that are possible there."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._kinds: dict[type[ast.AST], Callable[..., Iterator[list[Edit]]]] = {
            ast.Constant: self._constant, ast.Compare: self._compare, ast.BoolOp: self._bool, ast.BinOp: self._binary,
            ast.AugAssign: self._augmented, ast.UnaryOp: self._unary, ast.Call: self._call, ast.Expr: self._statement,
            ast.Raise: self._statement, ast.If: self._test, ast.IfExp: self._test, ast.While: self._test,
            ast.Break: self._jump, ast.Continue: self._jump,
        }  # fmt: skip

    def found(self) -> Iterator[list[Edit]]:
        yield from self._visit(ast.parse(self._source))

    def _visit(self, node: ast.AST) -> Iterator[list[Edit]]:
        if _is_out_of_scope(node):
            return
        if kind := self._kinds.get(type(node)):
            yield from kind(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "format_spec", "bases", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._visit(child)

    def _span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr) -> bytes:
        return self._source[slice(*self._span(node))]

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: tuple[str, ...]) -> list[Edit]:
        """Edits that put one of `new` in place of the operator `old` between two operands."""
        start, stop = self._span(left)[1], self._span(right)[0]
        at = self._source.find(old.encode(), start, stop)
        return [(at, at + len(old), text.encode()) for text in new] if at >= 0 else []

    def _constant(self, node: ast.Constant) -> Iterator[list[Edit]]:
        value = node.value
        if isinstance(value, bool):
            new: tuple[object, ...] = (not value,)
        elif isinstance(value, int):
            new = (value + 1, value - 1) if value < 10 else (value * 4, value // 4)
        elif isinstance(value, float):
            new = (value * 4, value / 4) if value else (1.0,)
        else:
            return
        yield [(*self._span(node), repr(one).encode()) for one in new]

    def _compare(self, node: ast.Compare) -> Iterator[list[Edit]]:
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, node.comparators, strict=False):
            yield from _some(self._between(left, right, *COMPARED[type(operator)]))

    def _bool(self, node: ast.BoolOp) -> Iterator[list[Edit]]:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        yield from _some(self._between(node.values[0], node.values[1], old, (new,)))

    def _binary(self, node: ast.BinOp) -> Iterator[list[Edit]]:
        if type(node.op) in RECKONED and not isinstance(node.left, ast.JoinedStr):
            old, new = RECKONED[type(node.op)]
            yield from _some(self._between(node.left, node.right, old, (new,)))

    def _augmented(self, node: ast.AugAssign) -> Iterator[list[Edit]]:
        if type(node.op) in RECKONED:
            old, new = RECKONED[type(node.op)]
            yield from _some(self._between(node.target, node.value, f"{old}=", (f"{new}=",)))

    def _unary(self, node: ast.UnaryOp) -> Iterator[list[Edit]]:
        if isinstance(node.op, ast.Not | ast.USub):
            yield [(*self._span(node), self._text(node.operand))]

    def _test(self, node: ast.If | ast.IfExp | ast.While) -> Iterator[list[Edit]]:
        if not isinstance(node.test, ast.Compare | ast.UnaryOp | ast.Constant):
            yield [(*self._span(node.test), b"(not (" + self._text(node.test) + b"))")]

    def _call(self, node: ast.Call) -> Iterator[list[Edit]]:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in CALLED:
            stop = self._span(node.func)[1]
            yield [(stop - len(name), stop, CALLED[name].encode())]
        if len(node.args) >= 2 and not any(isinstance(one, ast.Starred) for one in node.args[:2]):
            (start, _), (_, stop) = self._span(node.args[0]), self._span(node.args[1])
            first, second = self._text(node.args[0]), self._text(node.args[1])
            if first != second and name not in UNORDERED:
                yield [(start, stop, second + b", " + first)]
        for one in node.keywords:
            if one.arg and one.arg != "strict":  # a check of our own arithmetic: without it nothing changes
                start, stop = self._span(one)
                comma = self._source[stop : stop + 2]
                yield [(start, stop + (2 if comma == b", " else 1 if comma[:1] == b"," else 0), b"")]

    def _statement(self, node: ast.Expr | ast.Raise) -> Iterator[list[Edit]]:
        if isinstance(node, ast.Raise) or isinstance(node.value, ast.Call):
            yield [(*self._span(node), b"pass")]

    def _jump(self, node: ast.Break | ast.Continue) -> Iterator[list[Edit]]:
        yield [(*self._span(node), b"continue" if isinstance(node, ast.Break) else b"break")]


def _some(edits: list[Edit]) -> Iterator[list[Edit]]:
    if edits:
        yield edits


def _is_out_of_scope(node: ast.AST) -> bool:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring, or a word on a constant
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        return isinstance(call.func.value, ast.Name) and call.func.value.id in LOGS
    return False
