"""Matches every pattern of ours against text made to keep a matcher busy; prints how many.

Run by ``test_bombs.py`` in a process whose time on the processor is limited by the kernel.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SERVICE = Path(__file__).parent.parent.parent / "service"
WHOLE = {"re.fullmatch", "re.match", "validate.Regexp"}
COMPILING = {"re.compile", "re.search", "re.sub"} | WHOLE
_LONG = 5_000
PIECES = (
    "a", "A", "0", " ", "-", "a-", "-a", ".", "a.", "a@", "@", "(", "a ", "0:", ",", "a,", "\n",
    "<", "<a", "[", "](", "*", "_", "`", "|", "/", "\\", "'", '"', ";", "=", "aA0", "\u00e9",
)  # fmt: skip


def patterns() -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield what is compiled in ``service`` from text that stands there, and how it is used."""
    for path in sorted(SERVICE.rglob("*.py")):
        source = path.read_text()
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in COMPILING:
                continue
            text = node.args[0]
            # Others are put together from parts that are patterns of their own.
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                anywhere = re.search(r"\.(search|sub|split|findall|finditer)\(", source)
                only_whole = ast.unparse(node.func) in WHOLE or not anywhere
                yield re.compile(text.value, flags_of(node)), "match" if only_whole else "search"


def flags_of(node: ast.Call) -> int:
    """Return the flags a pattern is compiled with, as far as they are named."""
    named = set(re.findall(r"re\.[A-Z]+", ast.unparse(node)))
    return sum(flag for name, flag in re.RegexFlag.__members__.items() if f"re.{name}" in named)


def main() -> None:
    """Match them all."""
    count = 0
    for pattern, how in patterns():
        for piece in PIECES:
            text = piece * (_LONG // len(piece))
            for evil in (text, text + "!", "a" + text):
                getattr(pattern, how)(evil)
        count += 1
    print(count)


if __name__ == "__main__":
    main()
