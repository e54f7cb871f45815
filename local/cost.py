"""`attendance cost`: what a year costs on AWS, by service and by stage, and how a morning goes on which every school sends."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

from attendance.text import pretty_json
from local.costs import bill
from local.costs.bill import ASSUMED, Measured
from local.costs.peak import WINDOW, Peak, peak

MEASURED: Final = Path(__file__).with_name("costs") / "measured.json"
OF_AN_AUTHORITY: Final = 300
"""Schools of the authority that a target is about."""
LAST_YEAR: Final = f"all schools, year {ASSUMED.kept_years}"
TARGETS: Final = {
    "all schools, a year": 2000,
    LAST_YEAR: 2000,
    "an authority of 300 schools, a year": 40,
    "idle, a month": 5,
}
"""Pounds; without identity, the trail and authorities' own keys, which are lines of their own."""
BIGGEST: Final = 5


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `cost` to the command."""
    parser = commands.add_parser(
        "cost",
        help="what a year costs on AWS, and how a morning goes on which every school sends",
        description="Work out a year's bill of AWS from what was measured of the real functions on a made-up school (calls, units, "
        "bytes, processor time), how often it happens, and a dated list of prices. No account is asked, no free tier taken off.",
        epilog="What is assumed, and how to read what is printed: docs/performance.md. Exit code: 0 (a target that is missed is "
        "printed, and no failure), 2 used wrongly.",
    )
    parser.add_argument(
        "--schools", type=_positive, default=20392, metavar="N", help="default: %(default)s, all England"
    )
    parser.add_argument(
        "--pupils", type=_positive, default=6_700_000, metavar="N", help="of all together; default: %(default)s"
    )
    parser.add_argument("--authorities", type=_positive, default=153, metavar="N", help="default: %(default)s")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is printed")
    parser.add_argument(
        "--measure",
        action="store_true",
        help="first measure again, on this machine, and store it in the checkout (minutes)",
    )
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number from 1")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.measure:
        MEASURED.write_text(pretty_json(measure()), encoding="utf-8")
    told = cost(Measured.load(), args.schools, args.pupils, args.authorities)
    print(pretty_json(told) if args.format == "json" else _text(told), end="")
    return 0


def measure() -> dict[str, Any]:
    """What the committed measurement holds, made now."""
    from local.costs.measuring import SIZES, deployed
    from local.costs.measuring import measure as of_school

    machine = f"{platform.machine()}, Python {platform.python_version()}"
    sizes = {str(size): of_school(size) for size in SIZES}
    return {"date": date.today().isoformat(), "machine": machine, "deployed": deployed(), "sizes": sizes}  # noqa: DTZ011


def cost(measured: Measured, schools: int, pupils: int, authorities: int) -> dict[str, Any]:
    """All that the command prints."""
    used = [*bill.of_schools(measured, schools, pupils), *bill.of_metrics(), *bill.idle(measured)]
    running = [line for line in used if line.stage != "trail"]
    share = OF_AN_AUTHORITY / schools
    of_one = [line for line in bill.of_schools(measured, OF_AN_AUTHORITY, pupils * share) if line.stage != "trail"]
    alone = bill.usd([*of_one, *bill.idle(measured), *bill.of_metrics()])
    together = bill.usd(of_one) + (bill.usd(bill.idle(measured)) + bill.usd(bill.of_metrics())) / authorities
    late = [
        line for line in bill.of_schools(measured, schools, pupils, year=ASSUMED.kept_years) if line.stage != "trail"
    ]
    fixed = [line for line in running if line.stage in {"idle", "metrics"}]
    eighth = bill.usd([*late, *fixed])
    reached = {
        "all schools, a year": bill.usd(running),
        LAST_YEAR: eighth,
        "an authority of 300 schools, a year": together,
        "idle, a month": bill.usd(bill.idle(measured)) / 12,
    }
    return {
        "schools": schools,
        "pupils": pupils,
        "authorities": authorities,
        "measured": {"date": measured.date.isoformat(), "machine": measured.machine},
        "by_service": _sums((line.service, line.usd) for line in running),
        "by_stage": _sums((line.stage, line.usd) for line in running),
        "biggest": _sums((f"{line.stage}: {line.service}", line.usd) for line in running),
        "apart": {
            "trail": _money(bill.usd(line for line in used if line.stage == "trail")),
            "identity": _money(bill.usd(bill.identity(authorities))),
            "own keys": _money(bill.usd(bill.own_keys(authorities))),
            "pages by CloudFront, none deployed": _money(bill.usd(bill.pages(authorities))),
        },
        "year": _money(bill.usd(running)),
        f"year_{ASSUMED.kept_years}": _money(eighth),
        "authority_of_300": {"with_the_others": _money(together), "alone": _money(alone)},
        "idle_month": _money(reached["idle, a month"]),
        "targets": {
            name: {"gbp": most, "reached_gbp": _pounds(reached[name]), "holds": _pounds(reached[name]) < most}
            for name, most in TARGETS.items()
        },
        "morning": _morning(peak(measured, schools, pupils)),
        "assumptions": bill.assumptions(),
    }


def _pounds(usd: float) -> float:
    return round(usd / ASSUMED.usd_per_gbp, 2)


def _money(usd: float) -> dict[str, float]:
    return {"usd": round(usd, 2), "gbp": _pounds(usd)}


def _sums(each: Iterable[tuple[str, float]]) -> dict[str, dict[str, float]]:
    """The sums by name, the greatest first."""
    found: dict[str, float] = {}
    for name, usd in each:
        found[name] = found.get(name, 0) + usd
    return {name: _money(usd) for name, usd in sorted(found.items(), key=lambda item: -item[1])}


def _morning(found: Peak) -> dict[str, Any]:
    told = {name: round(n, 2) for name, n in asdict(found).items() if name != "limits"}
    limits = [
        asdict(each) | {"at_once": round(each.at_once, 4), "over_the_window": round(each.over_the_window, 4)}
        for each in found.limits
    ]
    return {**told, "first": found.first.name, "first_is_ours": found.first.ours, "limits": limits}


def _text(told: Mapping[str, Any]) -> str:
    """The same for people."""
    morning, apart = told["morning"], told["apart"]
    one, last = told["authority_of_300"], told[f"year_{ASSUMED.kept_years}"]
    lines = [
        f"{told['schools']:,} schools, {told['pupils']:,} pupils, {told['authorities']} authorities: a year on AWS (eu-west-2).",
        f"Measured on {told['measured']['date']} ({told['measured']['machine']}); no free tier is taken off.",
        *_table("by service", told["by_service"]),
        *_table("by stage", told["by_stage"]),
        *_table("biggest", dict(list(told["biggest"].items())[:BIGGEST])),
        "",
        _line("the first year", told["year"]),
        _line(f"year {ASSUMED.kept_years}, all that is kept kept", last),
        _line(f"{OF_AN_AUTHORITY} schools, with the others", one["with_the_others"]),
        _line(f"{OF_AN_AUTHORITY} schools, alone", one["alone"]),
        _line("idle, a month", told["idle_month"]),
        "",
        "Apart from these:",
        *(_line(name, apart[name]) for name in apart),
        "",
        *(
            f"  {'holds' if each['holds'] else 'MISSED':<8}{name}: £{each['reached_gbp']:,.2f}, target under £{each['gbp']:,}"
            for name, each in told["targets"].items()
        ),
        "",
        f"A morning on which every school sends one file: {morning['validate_seconds']} s to check it, "
        f"{morning['thresholds_seconds']} s to follow it.",
        f"  over {WINDOW // 60} minutes: the last report {morning['last_report']:,} s after the last file, "
        f"the last positions {morning['last_position']:,} s",
        f"  all at once: the last report after {morning['last_report_at_once']:,} s, "
        f"the last positions after {morning['last_position_at_once']:,} s",
        f"  first to be reached: {morning['first']}{' (our own setting)' if morning['first_is_ours'] else ''}",
        "",
        f"  {'limit':<72}{'set by':<8}{'of':>8}{'over the window':>18}{'at once':>12}",
        *(
            f"  {each['name']:<72}{'us' if each['ours'] else 'AWS':<8}{each['limit']:>8,}{each['over_the_window']:>18.1%}"
            f"{each['at_once']:>12.1%}"
            for each in morning["limits"]
        ),
    ]
    return "\n".join(lines) + "\n"


def _table(title: str, sums: Mapping[str, Mapping[str, float]]) -> list[str]:
    return ["", title, *(_line(name, money) for name, money in sums.items())]


def _line(name: str, money: Mapping[str, float]) -> str:
    return f"  {name:<40}{'$' + format(money['usd'], ',.2f'):>14}{'£' + format(money['gbp'], ',.2f'):>14}"
