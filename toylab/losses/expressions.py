"""Losses written as expressions: "0.5*wasserstein + logistic", "shifted(quadratic(-1, 1), 0.5)".

    sum      = term { "+" term }
    term     = [ number "*" ] loss          "·" is the same as "*"
    loss     = name | name "(" arguments ")" | "(" sum ")"

The text is parsed as Python and walked; nothing is ever evaluated.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from toylab.errors import InputError, real_number, unknown_name
from toylab.losses.named import aliases, named, names, quadratic
from toylab.losses.pairs import LossPair

Value = LossPair | float

_MOST_LETTERS = 1000


@dataclass(frozen=True)
class _Change:
    """A function of the grammar: what it makes, and the kind and name of each argument."""

    make: Callable[..., LossPair]
    signature: tuple[tuple[str, type], ...]
    required: int

    def __str__(self) -> str:
        return ", ".join(f"{'a loss' if kind is LossPair else 'a number'} ({name})" for name, kind in self.signature)


_FUNCTIONS = {
    "quadratic": _Change(quadratic, (("alpha", float), ("beta", float)), 0),
    "shifted": _Change(lambda loss, offset: loss.shifted(offset), (("loss", LossPair), ("offset", float)), 2),
    "rescaled": _Change(lambda loss, unit: loss.rescaled(unit), (("loss", LossPair), ("unit", float)), 2),
    "weighted": _Change(
        lambda loss, fake=1.0, real=1.0: loss.weighted(fake=fake, real=real),
        (("loss", LossPair), ("fake", float), ("real", float)),
        1,
    ),
    "raised": _Change(
        lambda loss, fake=0.0, real=0.0: loss.raised(fake=fake, real=real),
        (("loss", LossPair), ("fake", float), ("real", float)),
        1,
    ),
}


def get(expression: str) -> LossPair:
    """The loss pair of this name or expression.

    Names are those of `names()` and `aliases()`; numbers, +, * and parentheses combine them, and quadratic(α, β),
    shifted(loss, offset), rescaled(loss, unit), weighted(loss, fake=…, real=…) and raised(loss, fake=…, real=…) do
    what the functions and methods of these names do. The name of every pair made in these ways is such an expression.

    Raises:
        InputError: what cannot be read, with its place; the nearest match of an unknown name is suggested.
    """
    if not isinstance(expression, str):
        raise unknown_name("loss", expression, names())
    if len(expression) > _MOST_LETTERS:
        raise InputError(f"a loss is written in at most {_MOST_LETTERS} letters, got {len(expression)}.")
    return _Reader(expression).pair()


class _Reader:
    """One expression being read."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.shown = repr(self.text if len(self.text) <= 80 else self.text[:79] + "…")
        # every replacement keeps the length, so that places in the tree are places in the text
        plain = self.text.translate({ord("·"): "*", ord("−"): "-", ord("–"): "-"})
        self.plain = re.sub(r"(?<=[A-Za-z_])-(?=[A-Za-z_])", "_", plain)

    def pair(self) -> LossPair:
        try:
            tree = ast.parse(self.plain, mode="eval")
            value = self._value(tree.body)
        except SyntaxError as error:
            place = f" at character {error.offset}" if error.offset else ""
            raise InputError(f"the loss {self.shown} cannot be read{place}: {error.msg}.") from None
        except (RecursionError, MemoryError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"the loss {self.shown} cannot be read.") from None
        if not isinstance(value, LossPair):
            raise InputError(f"{self.shown} is a number, not a loss.")
        return value

    def _refuse(self, node: ast.expr, why: str) -> InputError:
        where = "" if node.col_offset == 0 else f" at character {self._place(node)}"
        return InputError(f"the loss {self.shown} cannot be read{where}: {why}")

    def _place(self, node: ast.expr) -> int:
        return len(self.plain.encode()[: node.col_offset].decode()) + 1

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return real_number(number, "a number in a loss")
            case ast.Name(id=name):
                return self._named(node, name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                value = self._value(operand)
                if isinstance(value, LossPair):
                    raise self._refuse(node, "a loss cannot be negated, the result would not be convex.")
                return -value if isinstance(sign, ast.USub) else value
            case ast.BinOp(left=left, op=op, right=right):
                return self._combined(node, self._value(left), op, self._value(right))
            case ast.Call(func=ast.Name(id=name)):
                return self._called(node, name)
        raise self._refuse(node, "only names, numbers, +, * and the functions of toylab.losses may stand here.")

    def _named(self, node: ast.expr, name: str) -> LossPair:
        known = {other.replace("-", "_"): other for other in (*names(), *aliases())}
        if name in known:
            return named(known[name])
        if name in _FUNCTIONS:
            raise self._refuse(node, f"{name} needs {_FUNCTIONS[name]} in parentheses.")
        error = unknown_name("loss", name.replace("_", "-"), {*names(), *aliases(), *_FUNCTIONS})
        place = "" if self.plain == name else f" (at character {self._place(node)} of {self.shown})"
        raise InputError(f"{error}{place}")

    def _combined(self, node: ast.BinOp, left: Value, op: ast.operator, right: Value) -> Value:
        if isinstance(left, float) and isinstance(right, float):
            return self._number(node, left, op, right)
        match left, op, right:
            case LossPair(), ast.Add(), LossPair():
                return left + right
            case (float(), ast.Mult(), LossPair()) | (LossPair(), ast.Mult(), float()):
                return left * right  # type: ignore[operator]
            case LossPair(), ast.Div(), float() if right > 0:
                return (1.0 / right) * left
            case (LossPair(), ast.Sub(), _) | (_, ast.Sub(), LossPair()):
                raise self._refuse(node, "losses cannot be subtracted, the result need not be convex.")
            case (LossPair(), ast.Add(), float()) | (float(), ast.Add(), LossPair()):
                raise self._refuse(node, "raised(loss, fake=…, real=…) adds numbers to a loss, + does not.")
        raise self._refuse(node, "losses are added, and multiplied by positive numbers; nothing else combines them.")

    def _number(self, node: ast.BinOp, left: float, op: ast.operator, right: float) -> float:
        operations = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
        if type(op) not in operations or (isinstance(op, ast.Div) and right == 0):
            raise self._refuse(node, "numbers are combined by +, −, * and /, and not divided by 0.")
        return real_number(operations[type(op)](left, right), "a number in a loss")

    def _called(self, node: ast.Call, name: str) -> LossPair:
        if name not in _FUNCTIONS:
            pair = self._named(node, name)
            if node.args or node.keywords:
                raise self._refuse(node, f"{name.replace('_', '-')} takes no arguments.")
            return pair
        change = _FUNCTIONS[name]
        order = [argument for argument, _ in change.signature]
        given = dict(zip(order, node.args, strict=False))
        for keyword in node.keywords:
            if keyword.arg not in order or keyword.arg in given:
                raise self._refuse(keyword.value, f"{name} takes {change}, each once.")
            given[keyword.arg] = keyword.value
        if len(node.args) > len(order) or not set(order[: change.required]) <= set(given):
            raise self._refuse(node, f"{name} takes {change}.")
        values = {argument: self._value(inner) for argument, inner in given.items()}
        for argument, kind in change.signature:
            if argument in values and not isinstance(values[argument], kind):
                raise self._refuse(given[argument], f"{name} takes {change}.")
        return change.make(**values)
