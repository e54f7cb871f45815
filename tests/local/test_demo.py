"""`attendance demo`: the folder it leaves, the page in it, what it prints, and what it will not overwrite."""

import argparse
import json
import re
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from attendance.text import pretty_json
from local import demo
from local.demo import SCALE
from local.madeup import Scale, casting
from local.pages import local_pages, serving
from local.run import Replayed

SUMMARY = {
    "as_at": "2025-12-19",
    "files": 2,
    "rows": 1200,
    "accepted": 1199,
    "findings": {"CODE_WITHDRAWN": 1},
    "pupils": 18,
    "met": 3,
    "cases": {"gathering": 1, "lapsed": 0, "settled": 2},
    "notices": {"notice_to_improve": 1, "penalty_first": 1, "penalty_second": 1},
    "refused": [
        {"row": 5, "action": "authorise_penalty_notice", "because": "<two> already", "provision": "SI 2007/1867"}
    ],
    "returns": {"attendance": 0, "deletion": 0, "new_pupil": 1, "sickness": 0},
    "balanced": True,
}
CAST = casting(SCALE)
FIRST = {
    "reference": "886ABCDEFGHJ", "kind": "penalty_notice", "la": "886", "urn": "900001", "upn": CAST[0].upn, "parent_id": "P1",
    "issued_on": "2025-09-15", "sequence": 1, "amount_pence": 16000, "reduced_amount_pence": 8000, "reduced_until": "2025-10-07",
    "pay_by": "2025-10-14", "sessions": [{}] * 10,
}  # fmt: skip
SECOND = FIRST | {"reference": "886ABCDEFGHK", "sequence": 2, "reduced_amount_pence": None, "issued_on": "2025-10-13"}
IMPROVE = {
    "reference": "926ABCDEFGHJ", "kind": "notice_to_improve", "la": "926", "urn": "900005", "upn": CAST[1].upn, "parent_id": "P1",
    "issued_on": "2025-09-16", "sequence": None, "improvement_from": "2025-09-23", "improvement_until": "2025-10-20",
    "sessions": [{}] * 10,
}  # fmt: skip
COUNTS = dict.fromkeys(("refused", "error", "warning", "advice"), 0)


def replayed(input_: Path, output: Path, *, written: Callable[[Any, Replayed], None]) -> Replayed:
    """What a replay of the made-up term leaves, in small."""
    for record in (FIRST, SECOND, IMPROVE):
        put(output / "authorities" / str(record["la"]) / "notices" / f"{record['reference']}.json", record)
        put(output / "authorities" / str(record["la"]) / "notices" / f"{record['reference']}.pdf", record)
    csv_path = output / "authorities" / "886" / "returns" / "new_pupil-900001-2025-10-06.csv"
    csv_path.parent.mkdir(parents=True)
    csv_path.write_text("urn,upn,surname\r\n900001,X,Nemo\r\n", encoding="utf-8")
    letters = output / "letters" / "886" / "900001"
    put(letters / "900001-4-ABCDEFGH.pdf", {})
    rows = ("upn,level,letter", "X,4,900001-4-ABCDEFGH.pdf", "Y,4,")
    (letters / "early_letter-900001-2025-10-06.csv").write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
    pupil = {"met": True, "request_ready": False, "persistent": True, "severe": False, "upn": CAST[0].upn}
    put(output / "positions" / "900001.json", {"urn": "900001", "pupils": [pupil]})
    file = {"file": "2025-09-03-attendance.csv", "rows": 600, "accepted": 599, "counts": {"CODE_WITHDRAWN": 1}}
    put(output / "reports" / "886" / "900001" / "a.json", {"files": [file | {"totals": COUNTS | {"error": 1}}]})
    put(output / "reports" / "886" / "900001" / "b.json", {"files": [file | {"counts": {}, "totals": COUNTS}]})
    put(output / "summary.json", SUMMARY)
    assert (input_ / "decisions.csv").is_file()
    done = Replayed(output, SUMMARY)
    written(None, done)
    return done


def put(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(pretty_json(content), encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run the demo in, with the replay in small."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "replay", replayed)
    monkeypatch.setattr(demo, "Scale", partial(Scale, pupils=2, school_days=10))
    return tmp_path


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    demo.add_parser(parser.add_subparsers())
    args = parser.parse_args(["demo", *argv])
    code: int = args.run(args)
    return code


class Page(HTMLParser):
    """The page as a reader without eyes or scripts meets it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


@pytest.fixture
def written(here: Path) -> Path:
    assert run("--once") == 0
    return here / "demo-output"


def test_once_leaves_the_folder_with_output_input_and_a_page(written: Path) -> None:
    assert json.loads((written / "summary.json").read_bytes()) == SUMMARY
    assert (written / "input" / "886" / "900001" / "2025-09-05-attendance.csv").is_file()
    assert (written / "index.html").is_file()


def test_a_second_demo_replaces_the_first(written: Path) -> None:
    (written / "left over").touch()

    assert run("--once") == 0
    assert not (written / "left over").exists()


def test_a_folder_that_no_demo_made_is_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "demo-output").mkdir()
    (here / "demo-output" / "precious").touch()

    assert run("--once") == 2
    assert [path.name for path in (here / "demo-output").iterdir()] == ["precious"]
    assert "move it away" in capsys.readouterr().err


def test_a_replay_that_fails_leaves_what_was_there(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Path, **__: object) -> Replayed:
        raise RuntimeError("no")

    monkeypatch.setattr(demo, "replay", fails)

    with pytest.raises(RuntimeError):
        run("--once")
    assert (written / "index.html").is_file()


def test_a_port_that_is_taken_is_said_before_anything_is_done(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert run("--port", str(taken.getsockname()[1])) == 2
    assert "--port" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_what_is_printed_names_no_child(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--once")

    printed = "".join(capsys.readouterr())
    assert "1 first, 1 second" in printed
    assert "decisions refused        1" in printed
    assert "CODE_WITHDRAWN 1" in printed
    assert "demo-output/authorities/886/notices/" in printed
    for cast in CAST:
        assert cast.upn not in printed
        assert str(cast.at[0][2].row["surname"]) not in printed


def test_the_page_names_no_child_and_no_upn(written: Path) -> None:
    text = (written / "index.html").read_text(encoding="utf-8")

    assert "886ABCDEFGHJ" in text
    for cast in CAST:
        assert cast.upn not in text
        assert f" {cast.at[0][2].row['surname']}<" not in text


def test_the_page_says_what_each_notice_costs_and_until_when(written: Path) -> None:
    text = (written / "index.html").read_text(encoding="utf-8")

    assert "£80 until 7 October 2025, £160 until 14 October 2025" in text
    assert text.count("£160 until 14 October 2025") == 2
    assert "23 September 2025 to 20 October 2025" in text
    assert "&lt;two&gt; already" in text


def test_the_page_leads_to_the_early_letters_and_to_the_words_they_were_made_of(written: Path) -> None:
    targets = [link["href"] for link in Page((written / "index.html").read_text(encoding="utf-8")).all("a")]

    assert "letters/886/900001/900001-4-ABCDEFGH.pdf" in targets
    assert "letters/886/900001/early_letter-900001-2025-10-06.csv" in targets
    assert "input/886/900001-letters.yaml" in targets


def test_the_page_is_readable_without_eyes_and_without_scripts(written: Path) -> None:
    text = (written / "index.html").read_text(encoding="utf-8")
    page = Page(text)

    assert page.all("html")[0]["lang"] == "en-GB"
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("script") == []
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(cell.get("scope") in {"col", "row"} for cell in page.all("th"))
    names = re.findall(r"<a [^>]*>(.*?)</a>", text, re.DOTALL)
    assert len({*names}) >= len({link["href"] for link in page.all("a")}) - len(CAST), (
        "links are told apart by what they say"
    )


def test_every_link_of_the_page_leads_to_a_file_beside_it(written: Path) -> None:
    page = Page((written / "index.html").read_text(encoding="utf-8"))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}

    assert page.all("img", "iframe", "source") == []
    for link in page.all("a", "link"):
        target = link["href"] or ""
        if target.startswith("#"):
            assert target[1:] in ids
        elif target != "data:,":
            assert (written / target).exists(), target


@pytest.fixture
def served(written: Path, tmp_path: Path) -> Iterator[str]:
    listening, served = serving(0)
    url = f"http://127.0.0.1:{listening.server_port}"
    served.pages, served.output = local_pages(tmp_path / "pages", url), written
    with listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield url
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/scripts/page.js", "text/javascript; charset=utf-8"),
        ("/output/", "text/html; charset=utf-8"),
        ("/output/authorities/886/notices/886ABCDEFGHJ.pdf", "application/pdf"),
        ("/output/authorities/886/returns/new_pupil-900001-2025-10-06.csv", "text/plain; charset=utf-8"),
        ("/output/summary.json", "application/json"),
    ],
)
def test_the_pages_and_the_folder_are_served_with_their_types(
    served: str, path: str, type_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with urllib.request.urlopen(served + path) as answer:  # noqa: S310 - our own loopback server
        assert answer.headers["content-type"] == type_
        assert (answer.headers["content-security-policy"] is None) == path.startswith("/output/")
    assert capsys.readouterr().err.count(path) == 0


@pytest.mark.parametrize(
    "path", ["/../secret", "/output/../../secret", "/output/../config.json", "/scripts/", "/scripts"]
)
def test_nothing_outside_the_folders_is_served(served: str, here: Path, path: str) -> None:
    (here / "secret").write_text("x")
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(f"{served}{path}")  # noqa: S310 - our own loopback server
