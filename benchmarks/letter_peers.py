"""The first Penalty Notice as other engines set it: its text once, as blocks, and how WeasyPrint and ReportLab print blocks.

Both get what ours gets (the words of the page) and the same fonts. WeasyPrint makes the one standard that it
has for accessible files, with the data attached; ReportLab neither tags nor attaches.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from notices.typesetting import Page, sources

type Block = tuple[str, Any]
type Engine = Callable[[Page], bytes]

HALF = {"AM": "Morning", "PM": "Afternoon"}
GROUNDS = "We considered whether support would help and decided that it was not appropriate for this absence."


def _escaped(value: Any) -> Any:
    match value:
        case str() if not value.startswith("<svg"):
            return escape(value)
        case dict():
            return {key: _escaped(inner) for key, inner in value.items()}
        case list():
            return [_escaped(inner) for inner in value]
        case _:
            return value


def words_of(page: Page) -> tuple[dict[str, Any], str]:
    """What the letter prints, texts escaped for both engines, the code as SVG (made once a letter); and the data to attach."""
    given = sources(page)
    return _escaped(json.loads(given["words.json"])), given["data.json"].decode()


def blocks(w: dict[str, Any]) -> Iterator[Block]:
    """The body of a first notice whose ground is `support_not_appropriate`, as penalty_notice.typ says it."""
    child, authority, law = w["child"]["name"], w["authority"], w["law"]
    post = ", ".join((authority["name"], *authority["address"]))
    officer = w["authorised_by"]
    yield "h1", "Penalty notice for unauthorised absence from school"
    yield (
        "p",
        f"This notice is given to <b>{w['recipient']['name']}</b> under section 444A of the Education Act 1996. It is about the "
        f"absence of <b>{child}</b> from {w['school']}.",
    )
    yield "p", f"This is your <b>first</b> penalty notice for {child} in {law['limit_years']} years."
    yield (
        "callout",
        [
            f"Pay <b>{w['reduced_amount_pence']}</b> by <b>{w['reduced_until']}</b>.",
            f"After that, pay <b>{w['amount_pence']}</b> by <b>{w['pay_by']}</b>.",
            f"If you do not pay by {w['pay_by']}, you may be prosecuted.",
        ],
    )
    yield "h2", "What is alleged"
    yield (
        "p",
        "We believe that you have committed an offence under section 444(1) of the Education Act 1996: "
        f"{child}, a child of compulsory school age and a registered pupil at {w['school']}, failed to attend the school "
        f"regularly, and you are a parent of {child}. A parent is also anyone who has parental responsibility for a child or "
        "cares for a child (section 576 of the Act).",
    )
    yield (
        "terms",
        [
            ("Parent", ", ".join((w["recipient"]["name"], *w["recipient"]["address"]))),
            ("Child", ", ".join((child, *w["child"]["address"]))),
            ("School", w["school"]),
            ("Period of the offence", f"{w['first_session']} to {w['last_session']}"),
            ("Date of issue", w["issued_on"]),
            ("Issued by", f"{officer['name']}, {officer['office']}, authorised officer of {authority['name']}"),
        ],
    )
    yield (
        "p",
        f"{child} was absent without authorisation from the {len(w['sessions'])} sessions below. A school day has two sessions, "
        "morning and afternoon.",
    )
    sessions = [(s["date"], HALF[s["session"]], s["code"], s["meaning"]) for s in w["sessions"]]
    yield "table", [("Date", "Session", "Code", "What the code means"), *sessions]
    yield "h2", "Why you are receiving this notice"
    yield (
        "p",
        f"The national threshold was met: {law['threshold_sessions']} or more sessions of unauthorised absence within "
        f"{law['threshold_weeks']} school weeks. {GROUNDS}",
    )
    yield "p", "What was done to help:"
    support = [(s["date"], s["what"], s["outcome"]) for s in w["support"]]
    yield "table", [("Date", "What was done", "What came of it"), *support]
    yield "h2", "How much to pay, and by when"
    yield (
        "table",
        [
            ("Amount", "When you pay"),
            (w["reduced_amount_pence"], f"on or before {w['reduced_until']} (within {w['reduced_days']} days)"),
            (w["amount_pence"], f"from {w['full_from']} to {w['pay_by']} (within {w['pay_days']} days)"),
        ],
    )
    yield (
        "p",
        f"This notice is posted by first class post on <b>{w['posted_on']}</b>. It is presumed that you receive it on "
        f"<b>{w['presumed_received_on']}</b>. The dates for payment are counted from that day, which is day 1.",
    )
    yield (
        "p",
        "This is only a presumption. If this notice reached you on another day, tell us: your dates may then be different.",
    )
    yield "h2", "How to pay"
    url = w["payment"]["url"]
    yield (
        "pay",
        [
            f'Pay online at <a href="{url}">{url}</a>. Give the reference <b>{w["reference"]}</b>. You can also scan the code '
            "with a phone; it opens the same page.",
            "Pay the whole amount at once: we do not take instalments.",
            f"If you cannot pay online, contact us. Payments and letters about this notice go to {post}.",
        ],
    )
    yield "h2", "If you pay"
    yield (
        "p",
        f"The period for payment ends on {w['pay_by']}. Payment within that period will discharge any liability for the offence: "
        "you cannot then be prosecuted for the absence listed in this notice.",
    )
    yield "h2", "If you do not pay"
    yield (
        "p",
        f"If you do not pay by {w['pay_by']}, you may be prosecuted for the offence under section 444(1) of the Education Act "
        "1996. We will not start proceedings before that day has passed. If you are not prosecuted, we must withdraw this notice.",
    )
    yield (
        "p",
        f"Whether or not you pay, this notice counts. No more than {law['notice_limit']} penalty notices may be issued to the "
        f"same parent for the same child in {law['limit_years']} years; after that we consider other action, such as prosecution.",
    )
    yield "h2", "When this notice can be withdrawn"
    yield "p", "We can withdraw this notice if:"
    yield (
        "list",
        [
            "it ought not to have been issued, for instance because our code of conduct does not allow it",
            "it ought not to have been issued to you",
            "it contains material errors",
        ],
    )
    yield (
        "p",
        "We must withdraw it if it is not paid and we neither start nor plan proceedings. If we withdraw this notice, we tell you "
        "in writing and repay what you have paid, and you cannot be prosecuted for the offence it is about.",
    )
    yield "h2", "If you disagree"
    yield (
        "p",
        "There is no right of appeal against a penalty notice. If you think that one of the grounds above applies, tell us at "
        "once and say why; the dates for payment stay the same while we look at it. If you do not pay and are prosecuted, the "
        "court decides whether you committed the offence.",
    )
    yield "h2", "Contact us"
    yield "p", f"Quote the reference <b>{w['reference']}</b>."
    yield "terms", [("Phone", authority["phone"]), ("Email", authority["email"]), ("Post", post)]
    yield (
        "p",
        "If you need this notice in another language, in large print or in another format, or help to understand it, contact us.",
    )
    yield "h2", "Record of the decision"
    yield (
        "record",
        [
            ("Authorised by", f"{officer['name']}, {officer['office']} ({officer['id']})"),
            ("Authority", f"{authority['name']} ({w['la']})"),
            ("School", f"{w['school']} ({w['urn']})"),
            ("Main reason for the absence", "holiday in term time"),
            ("Notice", "first notice to this parent for this child"),
            ("Ground", "support was not appropriate"),
            ("Proceedings must start by", w["prosecute_by"]),
            ("School weeks considered, beginning", "; ".join(w["window"])),
            ("Register as at", f"the end of {w['as_at']}, as known on {w['known_at']}"),
            ("Law and guidance", "; ".join(w["provisions"])),
            ("Evidence (SHA-256)", w["evidence_sha256"]),
            ("Register (SHA-256)", w["register_sha256"]),
            ("Settings and software", f"{w['settings_version']}; {w['software']}"),
        ],
    )
    yield (
        "fine",
        "EA 1996 is the Education Act 1996; SI a statutory instrument, with year and number; WTISA the guidance &quot;Working "
        "together to improve school attendance&quot;. The data that this notice was made from is attached to this PDF as "
        f"{w['attachment']}.",
    )


def _sender(w: dict[str, Any]) -> list[str]:
    authority = w["authority"]
    return [
        "<br/>".join((authority["name"], *authority["address"])),
        f"Phone: {authority['phone']}<br/>Email: {authority['email']}",
        f"Reference: <b>{w['reference']}</b><br/>Date of issue: {w['issued_on']}",
    ]


SHEET = """
@font-face { font-family: Noto; src: url(FONTS/NotoSans-Regular.ttf) }
@font-face { font-family: Noto; font-weight: bold; src: url(FONTS/NotoSans-Bold.ttf) }
@page { size: A4; margin: 20mm 15.5mm; @bottom-left { content: string(title); font: 8.5pt Noto }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8.5pt Noto } }
body { font: 10.5pt/1.33 Noto; margin: 0 } p { margin: 0 0 .5em } .terms, .fine { margin-bottom: 1.5pt }
.at { position: absolute } .foot { string-set: title content(); height: 0; overflow: hidden }
.fine { font-size: 9pt } ul { margin: 0 0 .5em; padding-left: 1.4em }
h1 { font-size: 19pt; margin: 0 0 .5em } h2 { font-size: 13pt; margin: .9em 0 .5em; break-after: avoid }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; line-height: 1.2; margin-bottom: .7em }
th, td { text-align: left; padding: 4pt 12pt 4pt 0; border-bottom: .6pt solid #999; vertical-align: top }
td:not(:last-child) { white-space: nowrap }
.callout { border-left: 4pt solid #000; background: #f2f2f2; padding: 8pt 14pt 4pt; font-size: 11.5pt; break-inside: avoid }
.pay { display: flex; gap: 10mm } .pay img { width: 30mm; height: 30mm }
"""


def weasyprint(fonts: Path) -> Engine:
    """WeasyPrint, its sheet and fonts read once: PDF/UA-1 with the data attached."""
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.text.fonts import FontConfiguration

    configuration = FontConfiguration()
    sheet = CSS(string=SHEET.replace("FONTS", fonts.resolve().as_uri()), font_config=configuration)

    def render(page: Page) -> bytes:
        w, notice = words_of(page)
        body = "".join(_html(kind, held, w) for kind, held in blocks(w))
        name = "<br>".join((w["recipient"]["name"], *w["recipient"]["address"]))
        title = f"Penalty notice {w['reference']}"
        html = (
            f'<html lang="en-GB"><head><title>{title}</title><meta name="author" content="{w["authority"]["name"]}"></head>'
            f'<body><div class="at" style="top:-11mm;font:bold 16pt Noto">{w["authority"]["name"]}</div>'
            f'<div class="at" style="top:20.2mm;left:10.5mm;font-size:9pt;line-height:1.2">{name}</div>'
            f'<div class="at" style="top:11mm;left:111.5mm;font-size:9pt">{"".join(f"<p>{p}</p>" for p in _sender(w))}</div>'
            f'<div style="height:76.5mm"></div><div class="foot">{title}</div>{body}</body></html>'
        )
        attached = Attachment(string=notice, name=w["attachment"], relationship="Source")
        pdf = HTML(string=html).write_pdf(
            stylesheets=[sheet], font_config=configuration, pdf_variant="pdf/ua-1", attachments=[attached]
        )
        return bytes(pdf)

    return render


def _html(kind: str, held: Any, w: dict[str, Any]) -> str:
    match kind:
        case "table":
            head, *rows = held
            cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
            names = "".join(f'<th scope="col">{cell}</th>' for cell in head)
            return f"<table><thead><tr>{names}</tr></thead><tbody>{cells}</tbody></table>"
        case "terms" | "record":
            size = "terms" if kind == "terms" else "fine"
            return "".join(f'<p class="{size}"><b>{term}:</b> {said}</p>' for term, said in held)
        case "fine":
            return f'<p class="fine">{held}</p>'
        case "list":
            return "<ul>" + "".join(f"<li>{item}</li>" for item in held) + "</ul>"
        case "callout":
            return '<div class="callout">' + "".join(f"<p>{text}</p>" for text in held) + "</div>"
        case "pay":
            code = w["payment"]["qr"].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
            texts = "".join(f"<p>{text}</p>" for text in held)
            alt = f"Code for a phone's camera that opens the payment page, {w['payment']['url']}"
            return f'<div class="pay"><div>{texts}</div><img alt="{alt}" src="data:image/svg+xml,{quote(code)}"></div>'
        case _:
            return f"<{kind}>{held}</{kind}>"


def reportlab(fonts: Path) -> Engine:
    """ReportLab's platypus, its fonts and styles made once: a plain PDF."""
    from reportlab.graphics.shapes import Drawing, Rect
    from reportlab.lib.colors import black, lightgrey, white
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import (
        KeepTogether,
        ListFlowable,
        ListItem,
        Paragraph,
        SimpleDocTemplate,
        Spacer,
        Table,
    )

    for name, file in (("Noto", "NotoSans-Regular.ttf"), ("Noto-Bold", "NotoSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(fonts / file)))
    pdfmetrics.registerFontFamily("Noto", normal="Noto", bold="Noto-Bold", italic="Noto", boldItalic="Noto-Bold")
    plain = ParagraphStyle("p", fontName="Noto", fontSize=10.5, leading=14, spaceAfter=5)
    fine = ParagraphStyle("fine", plain, fontSize=9, leading=12, spaceAfter=1.5)
    terms = ParagraphStyle("terms", plain, spaceAfter=1.5)
    small = ParagraphStyle("td", plain, fontSize=9.5, leading=11.5, spaceAfter=0)
    tiny = ParagraphStyle("at", plain, fontSize=9, leading=11, spaceAfter=6)
    big = ParagraphStyle("big", plain, fontSize=11.5, leading=16)
    styles = {
        "p": plain,
        "fine": fine,
        "h1": ParagraphStyle("h1", plain, fontName="Noto-Bold", fontSize=18.5, leading=24, spaceAfter=9),
        "h2": ParagraphStyle(
            "h2", plain, fontName="Noto-Bold", fontSize=13, leading=17, spaceBefore=8, spaceAfter=6, keepWithNext=1
        ),
    }
    lined: list[Any] = [("LINEBELOW", (0, 0), (-1, -1), 0.6, lightgrey), ("LINEBELOW", (0, 0), (-1, 0), 1, black)]
    lined += [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    width = A4[0] - 31 * mm

    def code(svg: str) -> Any:
        size = int(re.search(r'width="(\d+)"', svg)[1])  # type: ignore[index]
        drawing, module = Drawing(30 * mm, 30 * mm), 30 * mm / size
        drawing.add(Rect(0, 0, 30 * mm, 30 * mm, fillColor=white, strokeColor=None))
        x = y = 0.0
        for step, across, down in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", svg.partition(' d="')[2]):
            if step == "h":  # a run of dark modules, its middle line at y
                run = float(across)
                place = (x * module, (size - y - 0.5) * module, run * module, module)
                drawing.add(Rect(*place, fillColor=black, strokeColor=None))
                x += run
            else:
                x, y = float(across) + x * (step == "m"), float(down) + y * (step == "m")
        return drawing

    def flowables(kind: str, held: Any, w: dict[str, Any]) -> list[Any]:
        match kind:
            case "table":
                head, *rows = held
                cells = [[Paragraph(f"<b>{cell}</b>", small) for cell in head]]
                cells += [[Paragraph(cell, small) for cell in row] for row in rows]
                shares = {2: (0.2, 0.8), 3: (0.34, 0.33, 0.33), 4: (0.3, 0.2, 0.1, 0.4)}[len(head)]
                return [
                    Table(cells, [width * s for s in shares], repeatRows=1, style=lined),
                    Spacer(1, 7),
                ]
            case "terms" | "record":
                style = terms if kind == "terms" else fine
                return [Paragraph(f"<b>{term}:</b> {said}", style) for term, said in held]
            case "list":
                return [ListFlowable([ListItem(Paragraph(item, plain)) for item in held], bulletType="bullet")]
            case "callout":
                box = Table([[[Paragraph(text, big) for text in held]]], [width])
                box.setStyle([("BACKGROUND", (0, 0), (-1, -1), "#f2f2f2"), ("LINEBEFORE", (0, 0), (0, -1), 4, black)])
                return [KeepTogether(box), Spacer(1, 7)]
            case "pay":
                texts = [Paragraph(text, plain) for text in held]
                return [Table([[texts, code(w["payment"]["qr"])]], [width - 40 * mm, 40 * mm], style=lined[2:])]
            case _:
                return [Paragraph(held, styles[kind])]

    def render(page: Page) -> bytes:
        w, _ = words_of(page)
        title = f"Penalty notice {w['reference']}"

        class Numbered(Canvas):  # type: ignore[misc]  # pages wait for their number of how many
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.waiting: list[dict[str, Any]] = []

            def showPage(self) -> None:  # noqa: N802
                self.waiting.append(dict(self.__dict__))
                self._startPage()

            def save(self) -> None:
                for number, state in enumerate(self.waiting, 1):
                    self.__dict__.update(state)
                    self.setFont("Noto", 8.5)
                    self.drawString(15.5 * mm, 12 * mm, title)
                    self.drawRightString(A4[0] - 15.5 * mm, 12 * mm, f"Page {number} of {len(self.waiting)}")
                    super().showPage()
                super().save()

        def first_page(canvas: Any, _: Any) -> None:
            canvas.setFont("Noto-Bold", 16)
            canvas.drawString(15.5 * mm, A4[1] - 14 * mm, w["authority"]["name"])
            name = "<br/>".join((w["recipient"]["name"], *w["recipient"]["address"]))
            for x, y, texts in ((26, 40.2, [name]), (127, 31, _sender(w))):
                top = A4[1] - y * mm
                for text in texts:
                    paragraph = Paragraph(text, tiny)
                    _, height = paragraph.wrap(67 * mm, 60 * mm)
                    top -= height
                    paragraph.drawOn(canvas, x * mm, top)
                    top -= tiny.spaceAfter

        out = io.BytesIO()
        margins = {"leftMargin": 15.5 * mm, "rightMargin": 15.5 * mm, "topMargin": 20 * mm, "bottomMargin": 20 * mm}
        document = SimpleDocTemplate(
            out, pagesize=A4, title=title, author=w["authority"]["name"], lang="en-GB", **margins
        )
        story = [Spacer(1, 76.5 * mm), *(part for kind, held in blocks(w) for part in flowables(kind, held, w))]
        document.build(story, onFirstPage=first_page, canvasmaker=Numbered)
        return out.getvalue()

    return render
