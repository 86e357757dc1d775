"""Make descriptions that are written to be slow to render."""

import itertools

from events import descriptions

# Repeated, each of these took up to 0.8 s at some time, or looks as if it could.
PIECES = [
    *(
        "[",
        "]",
        "![",
        "](",
        "[](",
        "[a](",
        "a[b](",
        "[a][",
        "[[a]",
        "[^",
        "[*",
        "**[",
        "[![",
        "[x]\n",
        "[a]: b\n",
        "[a]:\nb\n",
    ),
    *('[a](b "', "[a](b '", "[a](b (", "[a](<b", "[a](b)", "*[a](b)*", "![a](b)", '[a]: b "c\n', '[a]: b\n"c'),
    *(
        "*",
        "**",
        "*a",
        "a*",
        "*a ",
        "_",
        "_a ",
        "a_ ",
        "*_",
        "*a_",
        "*a **b",
        "**a*b",
        "a**b",
        "_a__b",
        "a***b**c*",
        "~",
    ),
    *(
        "`",
        "``a",
        "` ``",
        "`\\",
        "\\",
        "\\[",
        "\\`",
        "&",
        "&#",
        "&#x",
        "&#1;",
        "&amp;",
        "!",
        "=",
        "#",
        "# ",
        "|",
        "|-",
        "$",
        "{",
    ),
    *("<", "<a:", "<http:", "<a@b.c", "<http://a>", "<!--", "<?", "<![CDATA[", '<a b="', "<div>\n"),
    *(
        ">",
        "> ",
        ">\n",
        "> - ",
        "- > ",
        "- ",
        "-\n",
        "- a\n",
        "-\t",
        "1. ",
        "1) > ",
        "+ ",
        "*\n",
        "- - -\n",
        "~~~\n",
        "```\n",
    ),
    *("\n", "a\n", "a\n\n", "a  \n", "a\\\n", "a\n=\n", ">" * 20 + "a\n", ">" * 20 + "a\n\n", "- " * 20 + "a\n"),
    *(
        "a@",
        "a@b.cc ",
        "a@b.de,",
        "a.b@c.d ",
        "http://",
        "http://a ",
        "://",
        "a://",
        "www.",
        "www.a.de ",
        "a.com ",
        "a.de,",
    ),
    *(
        "mailto:",
        "mailto:a@b.c ",
        "tel:",
        "//",
        "a.",
        "a-",
        "1.1.1.1 ",
        "http://a.b/(",
        "http://a.b?'\"",
        '"a.b',
        "a",
        " ",
        "é",
    ),
]
LENGTH = 20_000


def repeated(piece: str, *, filler: str = "", costs: int | None = None) -> str:
    """Repeat a piece over the whole length, with enough filler to keep the total cost within the limit."""
    text = (piece * LENGTH)[:LENGTH]
    room = 0
    while costs is not None and descriptions._cost(text) > costs:
        room = room * 9 // 8 + 1
        text = ((piece + filler * (room // len(filler))) * (LENGTH // (len(piece) + room) + 1))[:LENGTH]
    return text


def hostile_texts() -> dict[str, str]:
    """Return about 300 texts, by what they consist of, none longer than a description may be."""
    texts = {repr(piece): repeated(piece) for piece in PIECES}
    for piece, filler in itertools.product(PIECES, ("a", "a ")):
        texts[f"{piece!r} and {filler!r}"] = repeated(piece, filler=filler, costs=descriptions.MAX_COST)
    for opening, closing in (("[", "]"), ("[", "](a)"), ("![", "](b)"), ("*", "*"), ("(", ")"), ('[a](b "', '")')):
        half = LENGTH // (len(opening) + len(closing))
        texts[f"nested {opening}"] = opening * half + "a" + closing * half
        texts[f"few nested {opening}"] = opening * 500 + "a" + closing * 500
    texts["quotations and lazy lines"] = ">" * 10_000 + "a" + "\na" * 5_000
    texts["fewer quotations and lazy lines"] = ">" * 10 + "a" + "\na" * 800
    texts["runs of backticks"] = " ".join("`" * length for length in range(1, 199))
    texts["fewer runs of backticks"] = " ".join("`" * length for length in range(1, 75))
    texts["lists in lists"] = "\n".join("  " * depth + "- a" for depth in range(140))
    texts["definitions"] = "".join(f"[a{number}]: b\n" for number in range(1_600))
    return {name: text[:LENGTH] for name, text in texts.items()}
