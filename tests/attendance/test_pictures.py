"""Pictures: what is drawn is what was given, told by shape as well as colour, legible, and fit for a PDF that all can read."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from attendance.codes import CODES
from attendance.pictures import (
    BAR,
    BASELINE,
    GRID,
    KINDS,
    PENS,
    QUIET,
    SIZE,
    Picture,
    bars,
    heat_strip,
    legend,
    lines,
    ten_weeks,
)
from attendance.sessions import HALVES, Session
from local.node import ensure_assets
from tests.documents.pdf_gate import faults

SVG = "{http://www.w3.org/2000/svg}"
MONDAY = date(2025, 9, 1)
SESSIONS = [Session(MONDAY + timedelta(days=day), half) for day in range(400) for half in HALVES]
BAR_PATH = re.compile(rf"M(\d+) {BASELINE}h(\d+)v(-?\d+)h-(\d+)z")
MEANING = {
    "present": "attended",
    "approved educational activity": "attended",
    "authorised absence": "authorised absence",
    "unauthorised absence": "unauthorised absence",
    "not a possible attendance": "not possible",
    "not collected": "not possible",
}

codes = st.one_of(st.none(), st.sampled_from(sorted(CODES)))


@st.composite
def pupil_years(draw: st.DrawFn) -> list[tuple[Session, str | None]]:
    """Sessions in order, seldom all of a year, in runs as absences are."""
    held = draw(st.lists(st.booleans(), min_size=1, max_size=30))
    marks = draw(st.lists(st.tuples(codes, st.integers(1, 40)), max_size=12))
    run = [code for code, length in marks for _ in range(length)]
    days = [session for number, session in enumerate(SESSIONS) if held[number % len(held)]]
    return list(zip(days, run, strict=False))


plain = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
hostile = st.text(max_size=20) | st.sampled_from(
    ["</text><script>", "&amp;", "\"'<>&", "a\x00\x1b\u202eb\ufffe", "]]>"]
)
figures = st.floats(0, 1e6)
charts_of_lines = st.integers(0, 40).flatmap(
    lambda n: st.tuples(
        st.lists(plain, min_size=n, max_size=n),
        st.dictionaries(plain, st.lists(st.none() | st.floats(-1e6, 1e6), min_size=n, max_size=n), max_size=len(PENS)),
    )
)


def year() -> list[tuple[Session, str | None]]:
    """A school's 380 sessions, with every class among them."""
    held = [s for s in SESSIONS if s.day.weekday() < 5 and s.day.month != 8][:380]
    marks = {40: "I", 41: "I", 100: "O", 101: "Y1", 102: "#", 103: "O", 104: "U", 200: None, 300: "G", 301: "L"}
    return [(s, marks.get(i, "/" if s.half == "AM" else "\\")) for i, s in enumerate(held)]


def weeks_of(sessions: list[tuple[Session, str | None]]) -> list[date]:
    return sorted({session.day - timedelta(days=session.day.weekday()) for session, _ in sessions})


def grid() -> Picture:
    sessions = [(Session(s.day + timedelta(days=14 * (i > 60)), s.half), code) for i, (s, code) in enumerate(year())]
    sessions.insert(10, (Session(date(2025, 9, 7), "PM"), "O"))
    return ten_weeks(weeks_of(sessions)[:10], sessions, [sessions[10][0]])


PICTURES = {
    "strip": heat_strip(year()),
    "half a strip": heat_strip(year()[:100]),
    "no strip": heat_strip([]),
    "legend": legend(),
    "ten weeks": grid(),
    "no weeks": ten_weeks([], [], []),
    "bars": bars("Absence & more", [("St Mary <CofE>", 4.5), ("A" * 90, 12.25), ("Nought", 0)], "% of sessions"),
    "no bars": bars("Nothing", [], "sessions"),
    "lines": lines(
        "Absence",
        ["Autumn 1", "Autumn 2", "Spring 1"],
        {"All": [6, 7.5, 7], "Some": [2, None, 2.1], "None": [None] * 3, "Like some": [2, 2, 2.1], "End": [1, 0, None]},
        "%",
    ),
    "no lines": lines("Nothing", [], {}, "%"),
}


def parsed(picture: Picture) -> ET.Element:
    return ET.fromstring(picture.svg)  # noqa: S314 - what we wrote ourselves


def texts(picture: Picture) -> list[str]:
    return [element.text or "" for element in parsed(picture).iter(f"{SVG}text")]


# The strip


def drawn_classes(picture: Picture, count: int) -> list[str | None]:
    """The class of each session, read back from the strip: by colour and height, both."""
    kinds = {(kind.colour, -kind.height): kind.name for kind in KINDS}
    read: list[str | None] = [None] * count
    for path in parsed(picture).iter(f"{SVG}path"):
        for x, width, height, back in BAR_PATH.findall(path.get("d", "")):
            assert width == back
            for number in range(int(x) // BAR, (int(x) + int(width)) // BAR):
                assert read[number] is None
                read[number] = kinds[path.get("fill", ""), int(height)]
    return read


def classes(sessions: list[tuple[Session, str | None]]) -> list[str]:
    return ["no mark" if code is None else MEANING[CODES[code].statistical_class] for _, code in sessions]


@given(pupil_years())
def test_the_strip_gives_back_the_class_of_every_session(sessions: list[tuple[Session, str | None]]) -> None:
    picture = heat_strip(sessions)
    assert drawn_classes(picture, len(sessions)) == classes(sessions)
    assert sum(int(width) for _, width, *_ in BAR_PATH.findall(picture.svg)) == BAR * len(sessions)


@given(pupil_years())
def test_a_run_is_one_bar_and_a_class_is_one_path(sessions: list[tuple[Session, str | None]]) -> None:
    found = classes(sessions)
    picture = heat_strip(sessions)
    assert len(BAR_PATH.findall(picture.svg)) == (1 + sum(a != b for a, b in pairwise(found)) if found else 0)
    assert picture.svg.count(" fill=") - picture.svg.count("<text") == len(set(found))


@given(pupil_years())
def test_the_strip_says_its_figures(sessions: list[tuple[Session, str | None]]) -> None:
    alt = heat_strip(sessions).alt
    found = classes(sessions)
    if not sessions:
        assert alt == "No sessions."
        return
    assert alt.startswith(f"{len(sessions)} session")
    for kind in KINDS:
        assert re.search(rf"[ ,:] {found.count(kind.name)} {kind.name}[,.]", alt)
    possible = [
        (session, each == "unauthorised absence")
        for (session, _), each in zip(sessions, found, strict=True)
        if each not in {"not possible", "no mark"}
    ]
    longest: list[Session] = []
    for start in range(len(possible)):
        run = []
        for session, unauthorised in possible[start:]:
            if not unauthorised:
                break
            run.append(session)
        longest = max(longest, run, key=len)
    said = re.search(
        r"Longest unauthorised absence: (\d+) sessions? in a row, from (.+) ([AP]M) to (.+) ([AP]M)\.", alt
    )
    assert bool(said) == bool(longest)
    if said:
        assert int(said[1]) == len(longest)
        assert (said[2], said[3]) == (f"{longest[0].day.day} {longest[0].day:%B %Y}", longest[0].half)
        assert (said[4], said[5]) == (f"{longest[-1].day.day} {longest[-1].day:%B %Y}", longest[-1].half)


def test_a_year_in_words() -> None:
    assert PICTURES["strip"].alt == (
        "380 sessions from 1 September 2025 to 22 May 2026: 371 attended, 2 authorised absence, 4 unauthorised absence, "
        "2 not possible, 1 no mark. Longest unauthorised absence: 3 sessions in a row, from 10 November 2025 AM to "
        "12 November 2025 AM."
    )


def test_months_stand_below_with_the_year_where_one_begins() -> None:
    assert texts(PICTURES["strip"]) == ["Sep 2025", "Oct", "Nov", "Dec", "Jan 2026", "Feb", "Mar", "Apr", "May"]


def test_classes_differ_in_shape_and_not_only_in_colour() -> None:
    assert len({kind.height for kind in KINDS}) == len(KINDS)
    assert len({pen.dash for pen in PENS}) == len({pen.marker for pen in PENS}) == len(PENS)


def test_the_legend_shows_every_class_with_its_own_bar() -> None:
    found = [
        (path.get("fill"), -int(BAR_PATH.match(path.get("d", ""))[3])) for path in parsed(legend()).iter(f"{SVG}path")
    ]
    assert found == [(kind.colour, kind.height) for kind in KINDS]
    assert texts(legend()) == [kind.name for kind in KINDS]


@pytest.mark.parametrize("draw", [heat_strip, lambda sessions: ten_weeks([], sessions, [])])
def test_sessions_out_of_order_or_twice_are_refused(draw) -> None:
    for sessions in ([(SESSIONS[1], "/"), (SESSIONS[0], "/")], [(SESSIONS[0], "/")] * 2):
        with pytest.raises(ValueError, match="order"):
            draw(sessions)


def test_what_is_no_code_is_not_drawn_as_something() -> None:
    with pytest.raises(KeyError):
        heat_strip([(SESSIONS[0], "?")])


# Ten weeks


@given(pupil_years(), st.data())
def test_each_session_has_its_cell_and_the_counted_are_filled(sessions: list, data: st.DataObject) -> None:
    weeks = weeks_of(sessions)[:10]
    inside = [each for each in sessions if any(week <= each[0].day < week + timedelta(days=7) for week in weeks)]
    counted = {session for session, _ in inside if data.draw(st.booleans())}
    picture = ten_weeks(weeks, sessions, counted)
    elements = list(parsed(picture))
    boxes = [(frame, text) for frame, text in pairwise(elements) if frame.tag == f"{SVG}rect"]
    assert [text.text for _, text in boxes] == [code or "-" for _, code in inside]
    assert [frame.get("fill") != "none" for frame, _ in boxes] == [session in counted for session, _ in inside]
    by_row = [sum(week <= session.day < week + timedelta(days=7) for session in counted) for week in weeks]
    ends = [element.text for element in elements if element.get("x") == "760" and element.tag == f"{SVG}text"]
    assert ends == ["Counted", *map(str, by_row), str(len(counted))]
    assert f": {len(counted)} session" in picture.alt
    assert [int(n) for n in re.findall(r"Week of [^:]+: (\d+)", picture.alt)] == [n for n in by_row if n]
    place = [(float(frame.get("y", "")), float(frame.get("x", ""))) for frame, _ in boxes]
    assert place == sorted(set(place))


def test_saturday_and_sunday_have_a_column_only_if_something_was_held() -> None:
    weekdays = [each for each in year() if each[0].day < date(2025, 9, 8)]
    assert "Sat" not in texts(ten_weeks([MONDAY], weekdays, []))
    saturday = [*weekdays, (Session(date(2025, 9, 6), "AM"), "O")]
    assert "Sat" in (shown := texts(ten_weeks([MONDAY], saturday, [])))
    assert "Sun" not in shown


def test_a_dashed_line_stands_where_the_school_did_not_meet() -> None:
    later = [MONDAY + timedelta(weeks=number) for number in (0, 1, 3, 4, 7)]
    assert [ten_weeks(later[:count], [], []).svg.count("dasharray") for count in range(6)] == [0, 0, 0, 1, 1, 2]


def test_the_ten_weeks_in_words() -> None:
    sessions = [(Session(MONDAY, "AM"), "/"), (Session(MONDAY, "PM"), "G"), (Session(date(2025, 9, 9), "AM"), "O")]
    assert ten_weeks([MONDAY, date(2025, 9, 8)], sessions, [sessions[2][0], sessions[1][0]]).alt == (
        "2 school weeks from the week of 1 September 2025 to the week of 8 September 2025: 2 sessions counted. "
        "Week of 1 September 2025: 1 (Mon PM G). Week of 8 September 2025: 1 (Tue AM O)."
    )


def test_a_counted_session_without_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the weeks"):
        ten_weeks([MONDAY], [(SESSIONS[0], "/")], [SESSIONS[1]])


# Bars and lines


@given(st.lists(st.tuples(plain, figures), max_size=8))
def test_bars_are_as_long_as_their_figures(rows: list[tuple[str, float]]) -> None:
    picture = bars("Title", rows, "%")
    widths = [float(rect.get("width", "")) for rect in parsed(picture).iter(f"{SVG}rect")]
    longest = max((value for _, value in rows), default=0) or 1
    for width, (_, value) in zip(widths, rows, strict=True):
        assert width == pytest.approx(max(widths) * (value / longest), abs=0.02)
    said = [f"{value:,.2f}".rstrip("0").rstrip(".") for _, value in rows]
    assert texts(picture)[2::2] == said
    assert all(f"{label} {figure}" in picture.alt for (label, _), figure in zip(rows, said, strict=True))


@given(charts_of_lines)
def test_markers_stand_at_their_figures_and_lines_stop_at_gaps(chart: tuple[list[str], dict]) -> None:
    x, series = chart
    picture = lines("Title", x, series, "%")
    root = parsed(picture)
    ticks = [element for element in root if element.get("fill") == QUIET and element.get("text-anchor") == "end"]
    (low, floor), *_, (high, ceiling) = [
        (float((tick.text or "").replace(",", "")), float(tick.get("y", "")) - 5) for tick in ticks
    ]
    drawn = {name: values for name, values in series.items() if any(value is not None for value in values)}
    groups = root.findall(f"{SVG}g")
    strokes = [path for path in root.findall(f"{SVG}path") if path.get("stroke-width") == "2"]
    for values, group, stroke in zip(drawn.values(), groups, strokes, strict=True):
        known = [value for value in values if value is not None]
        heights = [float(re.findall(r"[-.\d]+", marker.get("transform", ""))[1]) for marker in group]
        for value, y in zip(known, heights, strict=True):
            assert low + (high - low) * (floor - y) / (floor - ceiling) == pytest.approx(value, abs=(high - low) / 1000)
        begins = sum(value is not None and (i == 0 or values[i - 1] is None) for i, value in enumerate(values))
        assert stroke.get("d", "").count("M") == begins
    missing = sum(values.count(None) for values in series.values())
    assert picture.alt.count("no figure") >= missing


def test_lines_in_words() -> None:
    assert lines("Absence", ["A", "B"], {"All": [6.125, None], "Few": [-0.001, 1234]}, "%").alt == (
        "Absence (%). All: A 6.12, B no figure. Few: A 0, B 1,234."
    )


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_a_figure_without_a_length_is_no_bar(value: float) -> None:
    with pytest.raises(ValueError, match="length"):
        bars("", [("", value)], "")


@pytest.mark.parametrize(
    "series", [{"short": []}, {"endless": [float("inf")]}, {str(number): [1] for number in range(len(PENS) + 1)}]
)
def test_lines_that_cannot_be_told_or_drawn_are_refused(series: Mapping[str, list[float | None]]) -> None:
    with pytest.raises(ValueError, match=r"series|finite"):
        lines("", ["x"], series, "")


# Every picture


@given(st.lists(hostile, min_size=4, max_size=4))
def test_no_text_breaks_out_of_its_place(names: list[str]) -> None:
    title, label, name, unit = names
    for picture in (bars(title, [(label, 1)], unit), lines(title, [label], {name: [1]}, unit)):
        assert {element.tag.removeprefix(SVG) for element in parsed(picture).iter()} <= {
            "svg",
            "text",
            "path",
            "rect",
            "g",
        }
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]", picture.svg + picture.alt)
        page = ET.fromstring(picture.inline())  # noqa: S314 - what we wrote ourselves
        assert page.get("role") == "img"
        assert page[0].tag == f"{SVG}title"
        assert page[0].text == picture.alt


@cache
def face(weight: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(ensure_assets() / f"NotoSans-{weight}.ttf"), 10 * SIZE)


def text_boxes(picture: Picture) -> Iterator[tuple[float, float, float, float]]:
    """Left, top, right and bottom of every text, measured with the font itself."""
    for text in parsed(picture).iter(f"{SVG}text"):
        width = face("Bold" if text.get("font-weight") else "Regular").getlength(text.text or "") / 10
        shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "")] * width
        x, y = float(text.get("x", "")) - shift, float(text.get("y", ""))
        yield x, y - 11, x + width, y + 4


def assert_legible(picture: Picture) -> None:
    """No text lies over another or beyond the edge."""
    _, _, wide, high = map(float, parsed(picture).get("viewBox", "").split())
    boxes = list(text_boxes(picture))
    assert all(
        left >= -0.5 and right <= wide + 0.5 and top >= 0 and bottom <= high for left, top, right, bottom in boxes
    )
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert c <= e + 0.01 or g <= a + 0.01 or d <= f + 0.01 or h <= b + 0.01


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_no_words_lie_over_each_other(picture: Picture) -> None:
    assert_legible(picture)


@settings(max_examples=60)
@given(pupil_years(), st.lists(st.tuples(plain, figures), max_size=8), charts_of_lines, plain)
def test_no_words_lie_over_each_other_whatever_they_are(sessions, rows, chart, title) -> None:
    assert_legible(heat_strip(sessions))
    assert_legible(ten_weeks(weeks_of(sessions)[:10], sessions, []))
    assert_legible(bars(title, rows, "%"))
    assert_legible(lines(title, *chart, "%"))


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_everything_stands_out_from_what_is_behind_it(picture: Picture) -> None:
    """WCAG 2.2: 4.5 to 1 for text (1.4.3), 3 to 1 for what carries meaning (1.4.11)."""
    behind = "#ffffff"
    for element in parsed(picture).iter():
        colours = {element.get("fill"), element.get("stroke")} - {None, "none", GRID}
        if element.tag == f"{SVG}text":
            assert contrast(element.get("fill", ""), behind) >= 4.5
            behind = "#ffffff"
        else:
            assert all(contrast(colour or "", "#ffffff") >= 3 for colour in colours)
            filled = element.tag == f"{SVG}rect" and element.get("fill") != "none" and element.get("stroke")
            behind = element.get("fill", "") if filled else "#ffffff"


@pytest.mark.parametrize("draw", [legend, grid, lambda: heat_strip(year())])
def test_the_same_facts_are_the_same_bytes(draw) -> None:
    assert draw() == draw()


def test_typst_sets_every_picture_in_a_document_for_all_and_for_long(tmp_path: Path) -> None:
    images = "\n".join(
        f'#image(bytes(sys.inputs.at("svg{i}")), format: "svg", width: 100%, alt: sys.inputs.at("alt{i}"))'
        for i in range(len(PICTURES))
    )
    source = tmp_path / "pictures.typ"
    source.write_text(
        '#set document(title: "Pictures", date: datetime(year: 2025, month: 9, day: 1))\n'
        f'#set text(font: "Noto Sans", lang: "en")\n= Pictures\n{images}\n',
        encoding="utf-8",
    )
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[ensure_assets()])
    compiler = typst.Compiler(str(source), root=str(tmp_path), font_paths=found, ignore_system_fonts=True)
    inputs = {
        f"{key}{i}": text for i, p in enumerate(PICTURES.values()) for key, text in (("svg", p.svg), ("alt", p.alt))
    }
    pdf, warnings = compiler.compile_with_warnings(
        format="pdf", sys_inputs=inputs, pdf_standards=["a-3a", "ua-1"], timestamp=0
    )
    assert not warnings
    assert isinstance(pdf, bytes)
    assert faults(pdf) == []
