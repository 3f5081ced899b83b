"""Scripts and style sheets without the blanks and comments that only people read."""

from __future__ import annotations

import re

WORD = re.compile(r"[\w$]")
BEFORE_REGEX = "(,=:[!&|?{};\n"


def squeezed(script: str) -> str:
    r"""Return JavaScript without comments and without blanks that separate nothing.

    What stands between quotes, in a template or in a regular expression stays as it is.

    >>> squeezed('const a = (x) => x + 1; // why\nlet b = `${ a } = ${ "1 + 1" }`.split(/ +/);\n')
    'const a=(x)=>x+1;let b=`${a} = ${"1 + 1"}`.split(/ +/);'
    >>> squeezed("return a - -b;\nif (c)\n  d()")
    'return a- -b;if(c)\nd()'
    """
    return _Reader(script).code(until="")


class _Reader:
    """Goes through a script once, a part at a time."""

    def __init__(self, text: str):
        self.text, self.at = text, 0

    def code(self, until: str) -> str:
        """Read code up to an unpaired `until`, or to the end."""
        made, depth = "", 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == until and depth == 0:
                return made
            depth += (char == "{") - (char == "}")
            if char.isspace() or self.text.startswith(("//", "/*"), self.at):
                made += self.gap(made)
            elif char in "\"'":
                made += self.match(rf"{char}(?:\\.|[^\\{char}])*{char}")
            elif char == "`":
                made += self.template()
            elif char == "/" and (not made or made[-1] in BEFORE_REGEX):
                made += self.match(r"/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[])+/\w*")
            else:
                made += char
                self.at += 1
        return made

    def match(self, pattern: str) -> str:
        """Read what a pattern describes, unchanged."""
        found = re.compile(pattern, re.DOTALL).match(self.text, self.at)
        self.at = found.end()
        return found[0]

    def gap(self, made: str) -> str:
        """Read blanks and comments; return the one blank that has to stay, if any."""
        gap = self.match(r"(?:\s|//[^\n]*|/\*.*?\*/)+")
        if self.at == len(self.text) or not made:
            return ""
        last, following = made[-1], self.text[self.at]
        if "\n" in gap and last not in "{,;([=>&|?:" and following not in "})]":
            return "\n"
        both = WORD.match(last) and WORD.match(following)
        return " " if both or (last == following and last in "+-/") else ""

    def template(self) -> str:
        """Read a template: its words stay, the code in it is squeezed."""
        made, self.at = "`", self.at + 1
        while self.text[self.at] != "`":
            if self.text.startswith("${", self.at):
                self.at += 2
                made += f"${{{self.code(until='}')}}}"
                self.at += 1
            else:
                made += self.match(r"\\.|[^\\`$]+|\$")
        self.at += 1
        return f"{made}`"


def squeezed_style(sheet: str) -> str:
    """Return a style sheet without comments and without blanks that separate nothing.

    >>> squeezed_style("/* why */ a :hover, b { color: red; margin: 0 1px; }")
    'a :hover,b{color:red;margin:0 1px}'
    """
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", sheet))
    return re.sub(r":\s+", ":", sheet).replace(";}", "}").strip()
