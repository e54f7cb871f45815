"""Charts and heat strips as SVG: a pupil's year, the ten school weeks, bars and lines, each with its figures in words.

For PDFs (as an image with its alternative text) and for HTML pages (inline). What colour says, shape says too: the height
of a bar, a box, a dash or a marker, so that a picture reads in greyscale. Lengths are in SVG user units; the same facts
give the same bytes. Text from outside is escaped, and characters that no reader can see are left out. A PDF can be set
only with letters that Noto Sans has: Typst refuses others, Arabic too, inside an image (a page shows them).
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from itertools import groupby, pairwise
from typing import Final, Literal, NamedTuple

from attendance.codes import ATTENDED, AUTHORISED, CODES, UNAUTHORISED
from attendance.sessions import HALVES, Session, monday

WIDTH: Final = 760
"""The width of every picture, but for a strip of more than a year: on an A4 page it shows SIZE as about 9 pt."""
SIZE: Final = 14
INK: Final = "#1a1a1a"
FAINT: Final = "#767676"  # frames and ticks
QUIET: Final = "#505050"  # text beside the point
GRID: Final = "#d0d0d0"  # decoration only: every value is written beside it
_JOINERS: Final = "\u200c\u200d"  # Persian and Urdu spell names with them


@dataclass(frozen=True)
class Picture:
    """An SVG image and what it shows in words, with the figures."""

    svg: str
    alt: str

    def inline(self) -> str:
        """The SVG as an element of an HTML page, named by its alternative text."""
        start, end = self.svg.split(">", 1)
        return f'{start} role="img"><title>{escape(self.alt)}</title>{end}'


class Kind(NamedTuple):
    """How the sessions of one class are drawn: a bar of `height` that stands on the baseline or, if negative, hangs."""

    name: str
    colour: str
    height: int


ATTENDED_KIND: Final = Kind("attended", "#6b8fb3", 10)
AUTHORISED_KIND: Final = Kind("authorised absence", "#8a5a00", 22)
UNAUTHORISED_KIND: Final = Kind("unauthorised absence", "#7a0c0c", 36)
NOT_POSSIBLE: Final = Kind("not possible", "#767676", 2)
NO_MARK: Final = Kind("no mark", "#767676", -8)
KINDS: Final = (ATTENDED_KIND, AUTHORISED_KIND, UNAUTHORISED_KIND, NOT_POSSIBLE, NO_MARK)

BASELINE: Final = 38
BAR: Final = 2
"""The width of a session in a strip: a year of 380 sessions is as wide as the page."""


KIND_OF: Final[Mapping[str | None, Kind]] = (
    dict.fromkeys(CODES, NOT_POSSIBLE)
    | dict.fromkeys(ATTENDED, ATTENDED_KIND)
    | dict.fromkeys(AUTHORISED, AUTHORISED_KIND)
    | dict.fromkeys(UNAUTHORISED, UNAUTHORISED_KIND)
    | {None: NO_MARK}
)
"""The class of a session by its code, by None where there is no mark."""


def heat_strip(sessions: Sequence[tuple[Session, str | None]]) -> Picture:
    """A pupil's sessions as one thin bar each, in order, with the months below; every strip has the same scale.

    `sessions` rise (ValueError otherwise); one without a mark has None; what is no code is a KeyError.
    """
    _rising(sessions)
    paths: dict[Kind, str] = {}
    x = 0
    for kind, run in groupby(KIND_OF[code] for _, code in sessions):
        width = BAR * len(list(run))
        paths[kind] = paths.get(kind, "") + _bar(kind, x, width)
        x += width
    body = [f'<path fill="{kind.colour}" d="{paths[kind]}"/>' for kind in KINDS if kind in paths]
    return _picture(max(WIDTH, x), BASELINE + 32, [*body, *_months(sessions)], _strip_in_words(sessions))


def legend() -> Picture:
    """What the bars of every heat strip mean, once for a whole pack."""
    body, x = [], 0.0
    for kind in KINDS:
        body.append(f'<path fill="{kind.colour}" d="{_bar(kind, round(x), 16)}"/>')
        body.append(_text(x + 22, BASELINE, kind.name))
        x += 22 + _width(kind.name) + 20
    alt = "What the bars mean, by height: " + "; ".join(f"{kind.name}, {_height_in_words(kind)}" for kind in KINDS)
    return _picture(WIDTH, BASELINE + 10, body, f"{alt}.")


def _bar(kind: Kind, x: int, width: int) -> str:
    return f"M{x} {BASELINE}h{width}v{-kind.height}h{-width}z"


def _months(sessions: Sequence[tuple[Session, str | None]]) -> Iterator[str]:
    """A tick where a month begins, and its name where the month has room for it, with the year in the first and January."""
    months = [session.day.replace(day=1) for session, _ in sessions]
    starts = [number for number, month in enumerate(months) if number == 0 or month != months[number - 1]]
    for start, end in pairwise([*starts, max(len(months), WIDTH // BAR)]):
        month, x, room = months[start], start * BAR, (end - start) * BAR
        yield f'<path stroke="{FAINT}" d="M{x + 0.5} {BASELINE + 11}v19"/>'
        names = [f"{month:%b}", *([f"{month:%b %Y}"] if start == 0 or month.month == 1 else [])]
        if fitting := [name for name in names if _width(name) + 5 <= room]:
            yield _text(x + 5, BASELINE + 28, fitting[-1])


def _strip_in_words(sessions: Sequence[tuple[Session, str | None]]) -> str:
    if not sessions:
        return "No sessions."
    count = Counter(KIND_OF[code] for _, code in sessions)
    alt = (
        f"{_number(len(sessions), 'session')} from {_day(sessions[0][0].day)} to {_day(sessions[-1][0].day)}: "
        f"{', '.join(f'{count[kind]} {kind.name}' for kind in KINDS)}."
    )
    longest = _longest_absence([session for session in sessions if KIND_OF[session[1]] not in (NOT_POSSIBLE, NO_MARK)])
    if not longest:
        return alt
    return (
        f"{alt} Longest unauthorised absence: {_number(len(longest), 'session')} in a row, "
        f"from {_day(longest[0].day)} {longest[0].half} to {_day(longest[-1].day)} {longest[-1].half}."
    )


def _longest_absence(possible: Sequence[tuple[Session, str | None]]) -> list[Session]:
    """The longest run of unauthorised absence among the possible sessions, the earliest of equals.

    As in a position's continuous sessions, those not possible and those without a mark neither count nor break a run.
    """
    runs = groupby(possible, key=lambda session: session[1] in UNAUTHORISED)
    return max(([session for session, _ in run] for unauthorised, run in runs if unauthorised), key=len, default=[])


def _height_in_words(kind: Kind) -> str:
    if kind.height < 0:
        return "hanging below the line"
    rank = sorted(other.height for other in KINDS if other.height > 0).index(kind.height)
    return ("a thin line", "a low bar", "a bar of middle height", "a high bar")[rank]


LEFT: Final = 112
RIGHT: Final = WIDTH - 84
DAY_GAP: Final = 8
ROW: Final = 26


def ten_weeks(
    weeks: Sequence[date], sessions: Sequence[tuple[Session, str | None]], counted: Collection[Session]
) -> Picture:
    """School weeks as rows and their sessions as cells with the code; a counted session is a filled box.

    `weeks` are Mondays, oldest first; a dashed line stands where the school did not meet between two of them. `sessions`
    rise, and those of other weeks are not drawn. Raises ValueError where a counted session has no cell: the total would lie.
    """
    _rising(sessions)
    cells = {session: code for session, code in sessions if monday(session.day) in weeks}
    hits = frozenset(counted)
    by_week = Counter(monday(session.day) for session in hits)
    if not hits <= cells.keys():
        raise ValueError("a counted session lies outside the weeks or is not among the sessions")
    days = max([5, *(session.day.weekday() + 1 for session in cells)])
    cell = (RIGHT - LEFT - DAY_GAP * (days - 1)) // (2 * days)
    body, y = [*_days(days, cell)], 54
    tops: dict[date, int] = {}
    for number, week in enumerate(weeks):
        if number and week - weeks[number - 1] > timedelta(days=7):
            body.append(f'<path stroke="{FAINT}" stroke-dasharray="2 4" d="M0 {y + 4}H{WIDTH}"/>')
            y += 10
        body.append(_text(0, y + 18, f"{week.day} {week:%b %Y}"))
        body.append(_text(WIDTH, y + 18, str(by_week[week]), "end", bold=by_week[week] > 0))
        tops[week] = y
        y += ROW
    for session, code in cells.items():
        body.append(_cell(_cell_x(session, cell), tops[monday(session.day)], cell, code, session in hits))
    body.append(f'<path stroke="{INK}" stroke-width="1.5" d="M{RIGHT + 16} {y + 4}H{WIDTH}"/>')
    body.append(_text(RIGHT, y + 24, "Total", "end", bold=True))
    body.append(_text(WIDTH, y + 24, str(len(hits)), "end", bold=True))
    return _picture(WIDTH, y + 32, body, _weeks_in_words(weeks, {session: cells[session] for session in sorted(hits)}))


def _weeks_in_words(weeks: Sequence[date], hits: Mapping[Session, str | None]) -> str:
    """The count of all weeks, then every week that has a counted session, with its sessions and their codes."""
    span = f" from the week of {_day(weeks[0])} to the week of {_day(weeks[-1])}" if weeks else ""
    said = f"{_number(len(weeks), 'school week')}{span}: {_number(len(hits), 'session')} counted."
    for week, of_week in groupby(hits, key=lambda session: monday(session.day)):
        listed = [f"{session.day:%a} {session.half} {hits[session] or 'no mark'}" for session in of_week]
        said += f" Week of {_day(week)}: {len(listed)} ({', '.join(listed)})."
    return said


def _days(days: int, cell: int) -> Iterator[str]:
    """The head of the grid: each day over its morning and afternoon."""
    for number in range(days):
        morning, afternoon = (_cell_x(Session(date(2024, 1, 1 + number), half), cell) for half in HALVES)
        yield _text(afternoon, 20, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[number], "middle", bold=True)
        yield _text(morning + cell / 2, 42, "AM", "middle", QUIET)
        yield _text(afternoon + cell / 2, 42, "PM", "middle", QUIET)
    yield _text(WIDTH, 42, "Counted", "end", bold=True)


def _cell_x(session: Session, cell: int) -> int:
    day = session.day.weekday()
    return LEFT + (2 * day + (session.half == "PM")) * cell + day * DAY_GAP


def _cell(x: int, y: int, width: int, code: str | None, counted: bool) -> str:
    """A session: a thin frame with the code in it, `-` without a mark; counted, a filled box with the code in white."""
    box = f'x="{x + 1.5}" y="{y + 1.5}" width="{width - 3}" height="{ROW - 3}"'
    if counted:
        frame = f'<rect {box} fill="{UNAUTHORISED_KIND.colour}" stroke="{INK}" stroke-width="2"/>'
    else:
        frame = f'<rect {box} fill="none" stroke="{FAINT}" stroke-width="0.75"/>'
    return frame + _text(x + width / 2, y + 18, code or "-", "middle", "#ffffff" if counted else INK, bold=counted)


BAR_COLOUR: Final = "#2f6f9f"


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str) -> Picture:
    """A bar a row from zero, its label on the left and its figure at its end; raises ValueError for a figure below zero."""
    if not all(math.isfinite(value) and value >= 0 for _, value in rows):
        raise ValueError("a bar has a length: a figure from zero")
    head = f"{_clean(title)} ({_clean(unit)})"
    named = [(_clean(label), value) for label, value in rows]
    beside = min(max((_width(label) for label, _ in named), default=0), WIDTH * 0.55)
    start = beside + 10
    room = WIDTH - start - max((_width(_figure(value)) for _, value in named), default=0) - 10
    longest = max((value for _, value in named), default=0) or 1
    body = [_text(0, 18, _fit(head, WIDTH), bold=True)]
    for number, (label, value) in enumerate(named):
        y, length = 34 + ROW * number, room * (value / longest)
        body.append(_text(beside, y + 18, _fit(label, beside), "end"))
        body.append(f'<rect x="{_n(start)}" y="{y + 4}" width="{_n(length)}" height="{ROW - 8}" fill="{BAR_COLOUR}"/>')
        body.append(_text(start + length + 8, y + 18, _figure(value), bold=True))
    body.append(f'<path stroke="{INK}" d="M{_n(start)} 32V{34 + ROW * len(named)}"/>')
    figures = "; ".join(f"{label} {_figure(value)}" for label, value in named) or "no rows"
    return _picture(WIDTH, 40 + ROW * len(named), body, f"{head}: {figures}.")


class Pen(NamedTuple):
    """How one line is told from the others: colour, dash, and the outline of its marker about (0, 0)."""

    colour: str
    dash: str
    marker: str


PENS: Final = (
    Pen("#7a0c0c", "none", "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z"),
    Pen("#005ea5", "9 4", "M-4 -4h8v8h-8z"),
    Pen("#8a5a00", "2 3", "M0 -5.5l5.5 9.5h-11z"),
    Pen("#4c2c92", "10 3 2 3", "M0 -6l6 6l-6 6l-6 -6z"),
    Pen("#3d3d3d", "5 2", "M-1.5 -5.5h3v4h4v3h-4v4h-3v-4h-4v-3h4z"),
)
TOP: Final = 44
BOTTOM: Final = 264
LINE_OF_TEXT: Final = 18


@dataclass(frozen=True)
class _Plane:
    """Where the points of a chart lie: `count` places from left to right, figures between two ticks."""

    left: float
    right: float
    count: int
    ticks: Sequence[float]

    def across(self, number: int) -> float:
        return self.left + (self.right - self.left) * number / max(self.count - 1, 1)

    def down(self, value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])


def lines(title: str, x: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str) -> Picture:
    """A line a series over the same places `x`, its name and last figure at its end; None is a gap.

    The scale starts at zero unless every figure lies in the upper half or one is below zero. Raises ValueError for more series
    than there are pens, a series that is not as long as `x`, or a figure that is not finite.
    """
    if len(series) > len(PENS) or any(len(values) != len(x) for values in series.values()):
        raise ValueError(f"at most {len(PENS)} series, each as long as x")
    known = [value for values in series.values() for value in values if value is not None]
    if not all(map(math.isfinite, known)):
        raise ValueError("a line goes through finite figures")
    head, places = f"{_clean(title)} ({_clean(unit)})", [_clean(place) for place in x]
    named = [(_clean(name), values) for name, values in series.items()]
    ends = [f"{name} {_figure(last)}" for name, values in named if (last := _last(values)) is not None]
    beside = min(max(map(_width, ends), default=0), WIDTH * 0.4)
    ticks = _ticks(known)
    plane = _Plane(max(_width(_figure(tick)) for tick in ticks) + 20, WIDTH - 24 - beside, len(x), ticks)
    body = [_text(0, 18, _fit(head, WIDTH), bold=True), *_axes(plane, places)]
    tips = []
    for pen, (name, values) in zip(PENS, named, strict=False):
        points = [None if value is None else (plane.across(i), plane.down(value)) for i, value in enumerate(values)]
        body.append(_line(pen, points))
        if (tip := _last(points)) and (last := _last(values)) is not None:
            tips.append((tip, pen, f"{_fit(name, beside - _width(f' {_figure(last)}'))} {_figure(last)}"))
    said = [
        f"{name}: {', '.join(f'{place} {_figure(v)}' for place, v in zip(places, values, strict=True)) or 'no places'}."
        for name, values in named
    ]
    return _picture(WIDTH, BOTTOM + 28, [*body, *_names(tips, plane.right + 20)], " ".join([f"{head}.", *said]))


def _last[T](values: Sequence[T | None]) -> T | None:
    return next((value for value in reversed(values) if value is not None), None)


def _ticks(known: Sequence[float]) -> list[float]:
    """Round figures at even steps, no closer than figures are written, with all that are known between the ends."""
    low, high = min(known, default=0), max(known, default=0)
    base = 0 if 0 <= low <= high / 2 else low
    rough = max(((high - base) or abs(high) or 1) / 4, 0.01)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(round_step * power for round_step in (1, 2, 5, 10) if round_step * power >= rough * (1 - 1e-9))
    first, last = math.floor(base / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _axes(plane: _Plane, places: Sequence[str]) -> Iterator[str]:
    """A faint line a figure; below, as many names of places as have room."""
    for tick in plane.ticks:
        y = plane.down(tick)
        yield f'<path stroke="{GRID}" d="M{_n(plane.left - 10)} {_n(y)}H{_n(plane.right)}"/>'
        yield _text(plane.left - 16, y + 5, _figure(tick), "end", QUIET)
    wanted = max(map(_width, places), default=0) + 10
    every = math.ceil(wanted / (plane.across(1) - plane.across(0)))
    for number, place in enumerate(places):
        if number % every == 0:
            x, half = plane.across(number), _width(place) / 2
            yield _text(min(max(x, half), WIDTH - half), BOTTOM + 22, _fit(place, WIDTH), "middle", QUIET)


def _line(pen: Pen, points: Sequence[tuple[float, float] | None]) -> str:
    """The line through the points, interrupted where one is missing, and a marker on each."""
    path, markers, begun = "", "", False
    for point in points:
        if point:
            path += f"{'L' if begun else 'M'}{_n(point[0])} {_n(point[1])}"
            markers += f'<path transform="translate({_n(point[0])} {_n(point[1])})" d="{pen.marker}"/>'
        begun = point is not None
    line = f'<path fill="none" stroke="{pen.colour}" stroke-width="2" stroke-dasharray="{pen.dash}" d="{path}"/>'
    return f'{line}<g fill="{pen.colour}">{markers}</g>' if path else ""


def _names(tips: Sequence[tuple[tuple[float, float], Pen, str]], x: float) -> Iterator[str]:
    """The names of the lines beside their last points, pushed apart where they would overlap; dots lead to the point."""
    rising = sorted(tips, key=lambda tip: tip[0][1])
    heights: list[float] = []
    for (_, y), _, _ in rising:
        heights.append(max(y, heights[-1] + LINE_OF_TEXT) if heights else y)
    for i in range(len(heights) - 1, -1, -1):
        heights[i] = min(heights[i], BOTTOM - LINE_OF_TEXT * (len(heights) - 1 - i))
    for ((at, y), pen, name), height in zip(rising, heights, strict=True):
        yield f'<path stroke="{pen.colour}" stroke-dasharray="1 4" d="M{_n(at + 7)} {_n(y)}L{_n(x - 4)} {_n(height)}"/>'
        yield _text(x, height + 5, name, fill=pen.colour, bold=True)


def _picture(width: float, height: float, body: Sequence[str], alt: str) -> Picture:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
        f'height="{_n(height)}" font-family="Noto Sans" font-size="{SIZE}">{"".join(body)}</svg>'
    )
    return Picture(svg, alt)


def _text(
    x: float,
    y: float,
    text: str,
    anchor: Literal["start", "middle", "end"] = "start",
    fill: str = INK,
    *,
    bold: bool = False,
) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" fill="{fill}"{weight}>{escape(text)}</text>'


def _clean(text: str) -> str:
    """The text as one line without control, private, broken or reordering characters, which XML or a reader cannot take."""
    composed = unicodedata.normalize("NFC", text)
    seen = (c for c in composed if c.isspace() or c in _JOINERS or unicodedata.category(c)[0] != "C")
    return " ".join("".join(seen).split())


def _width(text: str) -> float:
    """The room a text needs, rather more than less: its letters in bold Noto Sans at SIZE, by groups of about one width."""
    return SIZE * sum(0.0 if unicodedata.combining(c) else _EMS.get(c, 0.7 if c.isascii() else 1.0) for c in text)


_EMS: Final = {
    letter: ems
    for ems, letters in (
        (0.31, " ijl.,:;'!"),
        (0.43, "ftrIJ()[]{}-/\\`_"),
        (0.52, 'csz"?'),
        (0.61, "0123456789aevxyEFLST"),
        (0.83, "DGHNOQU&"),
        (0.98, "mwMW@%"),
    )
    for letter in letters
}


def _fit(text: str, room: float) -> str:
    """The text, shortened to the room it has."""
    if _width(text) <= room + 0.01:  # sums of widths differ in their last digit
        return text
    while text and _width(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _rising(sessions: Sequence[tuple[Session, str | None]]) -> None:
    if any(later[0] <= earlier[0] for earlier, later in pairwise(sessions)):
        raise ValueError("sessions are drawn in the order in which they are held, each once")


def _figure(value: float | None) -> str:
    if value is None:
        return "no figure"
    return f"{round(value, 2) + 0.0:,.2f}".rstrip("0").rstrip(".")  # + 0.0: minus nothing is nothing


def _number(count: int, of: str) -> str:
    return f"{count} {of}" if count == 1 else f"{count} {of}s"


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _n(value: float) -> str:
    """A length as it is written: to a hundredth of a unit."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
