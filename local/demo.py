"""`attendance demo`: a made-up term of six schools through the whole system, and a page on which to look at what came of it."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from attendance.directory import Directory, read_directory
from attendance.findings import SEVERITIES, SEVERITY
from local.door import LOOPBACK, Door, people_of
from local.madeup import Cast, Scale, casting, write_input
from local.pages import OUTPUT as OUTPUT_PATH
from local.pages import Served, local_pages, serving
from local.run import Doors, Replayed, replay

OUTPUT: Final = Path("demo-output")
SCALE: Final = Scale(weekly=True)
_OURS: Final = ".attendance-demo"
"""The file that says that a folder was made by a demonstration and may be replaced by the next."""
_PORT: Final = 8000


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo` to the command."""
    parser = commands.add_parser(
        "demo",
        help="process a made-up term and show what came of it",
        description="Make up two authorities with six schools and a term of registers, raise the whole system on this machine "
        "from the very templates that would be deployed, and let it work day by day: reports for the schools, positions of the "
        "pupils, cases, notices to improve, penalty notices, returns. Everybody in it is made up; nothing is sent anywhere. "
        "It takes some minutes.",
        epilog=f"Writes ./{OUTPUT}/ (a folder of that name that a demo made before is replaced): index.html to begin with, the "
        "PDFs under authorities/{la}/notices/ and letters/{la}/{urn}/ and, to try `attendance check`, `run` and `explain` on, "
        "what was put in under input/. Then serves the pages for officers and schools, the API of the whole system under /v1 and "
        "the folder under /output/, to this "
        "machine only, until stopped with Ctrl-C (docs/api.md). Exit code: "
        "0 done, 2 it cannot start (the port is taken, or the folder is not ours to replace).",
    )
    parser.add_argument(
        "--port", type=int, default=_PORT, help="serve on this port of this machine (default: %(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="do not serve: end when the folder is written")
    parser.set_defaults(run=demo)


def demo(args: argparse.Namespace) -> int:
    """Run the demonstration; what stops it is said before the minutes of work, not after."""
    if OUTPUT.exists() and not (OUTPUT / _OURS).is_file():
        print(f"attendance demo: ./{OUTPUT} is there and was not made by a demo; move it away first", file=sys.stderr)
        return 2
    if args.once:
        _print_summary(_processed(OUTPUT, SCALE))
        return 0
    try:
        listening, served = serving(args.port)
    except (OSError, OverflowError) as problem:
        print(
            f"attendance demo: port {args.port} cannot be used ({problem}); give another with --port", file=sys.stderr
        )
        return 2
    with listening:
        _processed(OUTPUT, SCALE, lambda doors, summary: _serve(listening, served, doors, summary))
    return 0


def _serve(listening: ThreadingHTTPServer, served: type[Served], doors: Doors, summary: Mapping[str, Any]) -> None:
    """Serve the pages, the folder, and the API of the world as the replay left it, until stopped."""
    _print_summary(summary)
    url = f"http://{LOOPBACK}:{listening.server_port}"
    schools = read_directory((OUTPUT / "input" / "schools.csv").read_bytes()).schools
    people = people_of(doors.world, {urn: school.la for urn, school in schools.items()})
    with tempfile.TemporaryDirectory() as folder:
        served.door = Door(doors.world, url, people, running=True)
        served.pages, served.output = local_pages(Path(folder, "pages"), url), OUTPUT
        print(f"\nSign in as an officer: {url}/   (stop with Ctrl-C)")
        print(f"What came out, file by file: {url}{OUTPUT_PATH}")
        print(
            f"The API: {url}/v1/openapi.json, as {', '.join(each.subject for each in people[:3])} ... (docs/api.md)",
            flush=True,
        )
        try:
            listening.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)


def _processed(
    output: Path, scale: Scale, then: Callable[[Doors, Mapping[str, Any]], None] = lambda *_: None
) -> dict[str, Any]:
    """Make up INPUT, replay it, and leave OUTPUT with its page in the folder; gives summary.json's content.

    `then` goes on with the world that was raised for it.
    """

    def leave(doors: Doors, done: Replayed) -> None:
        shutil.move(made, written / "input")
        (written / "index.html").write_text(page(written, casting(scale)), encoding="utf-8")
        (written / _OURS).touch()
        if output.exists():
            shutil.rmtree(output)
        shutil.move(written, output)
        then(doors, done.summary)

    with tempfile.TemporaryDirectory() as scratch:
        made, written = Path(scratch, "input"), Path(scratch, "output")
        print("Making up two authorities, six schools and a term ...", file=sys.stderr)
        write_input(made, scale)
        print("Replaying it day by day ...", file=sys.stderr)
        return replay(made, written, written=leave).summary


def _print_summary(summary: Mapping[str, Any]) -> None:
    """The figures, and where to look; of children only how many."""
    notices, cases = summary["notices"], summary["cases"]
    lines = {
        "files read": f"{summary['files']:,}",
        "rows": f"{summary['rows']:,}, of which accepted {summary['accepted']:,}",
        "findings": _listed(summary["findings"]),
        "pupils": f"{summary['pupils']:,}, of whom {summary['met']:,} met the threshold",
        "cases": _listed(cases),
        "notices to improve": notices["notice_to_improve"],
        "penalty notices": f"{notices['penalty_first']} first, {notices['penalty_second']} second",
        "returns": _listed(summary["returns"]),
        "decisions refused": len(summary["refused"]),
        "every row accounted for": "yes" if summary["balanced"] else "NO",
    }
    width = max(map(len, lines))
    print(f"As at {_day(summary['as_at'])}, everything made up:\n")
    for name, value in lines.items():
        print(f"  {name:<{width}}  {value}")
    print(f"\nPDFs: {' '.join(sorted(f'{folder}/' for folder in OUTPUT.glob('authorities/*/notices')))}")
    print(f"All of it, with a page to begin with: {OUTPUT / 'index.html'}")


def _listed(counts: Mapping[str, int]) -> str:
    """Names with their counts; a finding's code stays as it is written."""
    named = {name.replace("_", " ") if name.islower() else name: n for name, n in counts.items()}
    return ", ".join(f"{name} {n:,}" for name, n in sorted(named.items())) or "none"


# ------------------------------------------------------------------ the page


def page(output: Path, cast: Sequence[Cast] = ()) -> str:
    """The page over an OUTPUT folder that also holds its `input/`: links, figures, no child's name, nothing from elsewhere."""
    directory = read_directory((output / "input" / "schools.csv").read_bytes())
    records = [_json(path) for path in output.glob("authorities/*/notices/*.json")]
    environment = Environment(
        loader=PackageLoader("local", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "pounds": _pounds, "words": lambda name: str(name).replace("_", " ")}
    return environment.get_template("demo.html").render(
        summary=_json(output / "summary.json"),
        severity=SEVERITY,
        school=lambda urn: directory.schools[urn].name,
        authority=lambda la: next(each.la_name for each in directory.schools.values() if each.la == la),
        stories=[(each.story.says, [r for r in _in_order(records) if r["upn"] == each.upn]) for each in cast],
        notices=_in_order(records),
        returns=_returns(output),
        letters=_letters(output),
        positions=_positions(output),
        reports=_reports(output, directory),
        settings=sorted(f"input/{path.parent.name}/settings.yaml" for path in output.glob("input/*/settings.yaml")),
        words=sorted(str(path.relative_to(output)) for path in output.glob("input/*/*-letters.yaml")),
    )


def _in_order(records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(records, key=lambda record: (record["issued_on"], record["reference"]))


def _returns(output: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(output.glob("authorities/*/returns/*.csv")):
        kind, urn, due = path.stem.split("-", 2)
        with path.open(encoding="utf-8", newline="") as file:
            pupils = sum(1 for _ in csv.DictReader(file))
        found.append(
            {"kind": kind, "urn": urn, "date": due[:10], "pupils": pupils, "path": str(path.relative_to(output))}
        )
    return sorted(found, key=lambda each: (str(each["date"]), str(each["urn"]), str(each["kind"])))


def _letters(output: Path) -> list[dict[str, Any]]:
    """Each list of early letters: the letters on it, and how many of its rows say that none goes."""
    found = []
    for path in sorted(output.glob("letters/*/*/early_letter-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        letters = [
            {"level": row["level"], "path": str((path.parent / row["letter"]).relative_to(output))}
            for row in rows
            if row["letter"]
        ]
        found.append(
            {
                "urn": path.parent.name,
                "date": path.stem.split("-", 2)[2][:10],
                "letters": letters,
                "none": len(rows) - len(letters),
                "path": str(path.relative_to(output)),
            }
        )
    return sorted(found, key=lambda each: (each["date"], each["urn"]))


def _positions(output: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(output.glob("positions/*.json")):
        school = _json(path)
        counts = {
            what: sum(pupil[what] for pupil in school["pupils"])
            for what in ("met", "request_ready", "persistent", "severe")
        }
        found.append(
            {"urn": school["urn"], "pupils": len(school["pupils"]), **counts, "path": str(path.relative_to(output))}
        )
    return found


def _reports(output: Path, directory: Directory) -> list[dict[str, Any]]:
    """Each school's reports: the sums, and those in which something is more than advice."""
    found = []
    for urn, school in sorted(directory.schools.items()):
        of_school = [(path, file) for path in output.glob(f"reports/*/{urn}/*.json") for file in _json(path)["files"]]
        telling = [
            {"file": file["file"], "counts": file["counts"], "path": str(path.relative_to(output))}
            for path, file in of_school
            if any(file["totals"][severity] for severity in SEVERITIES if severity != "advice")
        ]
        sums = {name: sum(file[name] for _, file in of_school) for name in ("rows", "accepted")}
        sums |= {severity: sum(file["totals"][severity] for _, file in of_school) for severity in SEVERITIES}
        found.append(
            {
                "urn": urn,
                "la": school.la,
                "files": len(of_school),
                **sums,
                "telling": sorted(telling, key=lambda each: str(each["file"])),
            }
        )
    return found


def _json(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _pounds(pence: int) -> str:
    return f"£{pence // 100:,}" if pence % 100 == 0 else f"£{pence / 100:,.2f}"
