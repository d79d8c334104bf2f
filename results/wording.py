"""How quantities read in the report and on the command line: times, ratios, sizes."""


def cost(value, unit):
    """Nanoseconds in the unit that suits them, or a count of instructions."""
    if unit != "ns":
        return f"{value:,.0f}"
    for factor, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if value >= factor:
            return f"{digits(value / factor)} {name}"
    return f"{digits(value)} ns"


def digits(value):
    """Three significant digits, never an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(ratio):
    """A ratio: three decimals where percents matter, fewer where it is large."""
    return f"{ratio:.3f}" if ratio < 10 else digits(ratio)


def size(count):
    """Bytes; nothing for operations that have no size."""
    if count == 0:
        return ""
    for factor, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= factor and count % factor == 0:
            return f"{count // factor} {name}"
    return f"{count} B"
