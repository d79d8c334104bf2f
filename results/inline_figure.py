"""Turns an SVG that gnuplot wrote into one that can stand in a page with others.

Several figures in one document must not share ids, and their ink must follow the page
into the dark: the neutral colours of plots/style.gp become the page's own.
"""

import html
import re

# plots/style.gp's `ink`, `faint` and `paper`, as gnuplot writes them.
INK = re.compile(r"rgb\(\s*26,\s*26,\s*26\s*\)")
FAINT = re.compile(r"rgb\(\s*208,\s*208,\s*208\s*\)")
PAPER = re.compile(r"rgb\(\s*253,\s*253,\s*251\s*\)")
RAW_GREY = re.compile(r"rgb\(\s*102,\s*102,\s*102\s*\)")


def inline(svg, prefix, title):
    """Returns the <svg> element of the document `svg`, its ids starting with `prefix`,
    labelled `title` for those who cannot see it. Raises ValueError if it holds none."""
    start = svg.find("<svg")
    if start < 0:
        raise ValueError("not an SVG document")
    body = svg[start:].strip()
    body = re.sub(r"<title>.*?</title>\s*<desc>.*?</desc>", "", body, flags=re.DOTALL)
    body = re.sub(r"\bid=(['\"])", rf"id=\1{prefix}-", body)
    body = re.sub(r"href=(['\"])#", rf"href=\1#{prefix}-", body)
    body = re.sub(r"url\(#", f"url(#{prefix}-", body)
    body = INK.sub("var(--ink)", body)
    body = FAINT.sub("var(--rule)", body)
    body = PAPER.sub("var(--paper)", body)
    body = RAW_GREY.sub("var(--raw)", body)
    body = re.sub(r'stroke="black"', 'stroke="currentColor"', body)
    # A presentation attribute takes no var(); a style does.
    body = re.sub(r"""\b(stroke|fill|color)=(['"])(var\([a-z-]+\))\2""", r'style="\1:\3"', body)
    body = re.sub(r"\s+\n", "\n", body)
    return body.replace("<svg", f'<svg role="img" aria-label="{html.escape(title)}"', 1)
