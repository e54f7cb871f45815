"""What goes to Lambda runs there: arm64, glibc 2.28, small enough, complete, compiled, and nothing in it but what runs.

A wheel for arm64 cannot be imported here: that package is inspected, and the same build for this platform is imported.
"""

import importlib.util
import re
import struct
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from infra import packages
from local.node import ensure_assets

pytestmark = pytest.mark.packages

FUNCTIONS = tuple(packages.CONTENTS)
LIMIT = 250 * 1024 * 1024  # unzipped, Lambda's own
AARCH64 = 183  # e_machine, ELF specification


@pytest.fixture(scope="module", autouse=True)
def fonts() -> Path:
    return ensure_assets()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def libraries(folder: Path) -> list[Path]:
    found = []
    for path in files(folder):
        with path.open("rb") as file:
            if file.read(4) == b"\x7fELF":
                found.append(path)
    return found


def names(folder: Path) -> set[str]:
    """Distributions in a package, by the names of their metadata, in lower case."""
    return {path.parent.name.split("-")[0].lower() for path in folder.glob("*.dist-info/METADATA")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_library_is_for_arm64(function):
    found = libraries(packages.build(function))
    assert found
    for path in found:
        (machine,) = struct.unpack_from("<H", path.read_bytes(), 18)
        assert machine == AARCH64, path.name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_library_asks_for_a_newer_glibc_than_2_28(function):
    for path in libraries(packages.build(function)):
        asked = {int(minor) for minor in re.findall(rb"\0GLIBC_2\.(\d+)(?=[.\0])", path.read_bytes())}
        assert max(asked, default=0) <= 28, path.name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_is_small_enough_for_lambda(function):
    assert sum(path.stat().st_size for path in files(packages.build(function))) < LIMIT


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_holds_its_own_packages_and_no_tool_of_a_developer(function):
    folder = packages.build(function)
    ours = {path.name for path in packages.FUNCTIONS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {path.name for path in folder.iterdir()} & ours == set(packages.CONTENTS[function])
    assert not names(folder) & {"moto", "pytest", "aws_cdk_lib", "constructs", "jsii", "mypy", "ruff", "hypothesis"}
    assert not (folder / "local").exists()
    assert not (folder / "infra").exists()
    assert ("typst" in names(folder)) == (function == "notices")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_module_is_compiled_and_the_bytecode_is_trusted(function):
    folder = packages.build(function)
    compiled = [Path(importlib.util.cache_from_source(str(path))) for path in folder.rglob("*.py")]
    present = [path for path in compiled if path.exists()]
    assert len(present) > 0.99 * len(compiled)  # a few files of others are templates, not Python
    for path in present:
        (flags,) = struct.unpack_from("<I", path.read_bytes(), 4)
        assert flags == 0b01  # PEP 552: a hash, not checked against the source


def test_notices_carry_the_fonts_with_their_licence(fonts):
    packaged = packages.build("notices") / "fonts"
    assert {path.name: path.read_bytes() for path in packaged.iterdir()} == {
        path.name: path.read_bytes() for path in fonts.iterdir()
    }
    assert {"NotoSans-Regular.ttf", "NotoSansArabic-Regular.ttf", "LICENSE.txt"} <= {p.name for p in fonts.iterdir()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_same_build_for_this_platform_is_complete(function):
    """A clean interpreter, that sees nothing but the standard library and the package, imports the handler."""
    folder = packages.build(function, packages.HERE)
    program = (
        f"import sys; sys.path.insert(0, {str(folder)!r});"
        f"from {function}.handler import handler; assert callable(handler);"
        # every client that a function may make finds its service described
        "import botocore.session; session = botocore.session.Session();"
        f"[session.get_service_model(name) for name in {sorted(packages.SERVICES)!r}]"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-S", "-c", program], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


CALLS = f"""
import botocore.session

session = botocore.session.Session()

def told(shape, within=()):
    if shape is None or shape.name in within:
        return shape and shape.name
    inner = (*within, shape.name)
    parts = {{**getattr(shape, "members", {{}})}}
    parts |= {{part: getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part)}}
    of = {{name: told(part, inner) for name, part in parts.items()}}
    return shape.name, shape.type_name, shape.serialization, shape.metadata, of

for name, called in {sorted((name, sorted(called)) for name, called in packages.SERVICES.items())}:
    client = session.create_client(name, "eu-west-2", aws_access_key_id="none", aws_secret_access_key="none")
    print(name, client.meta.endpoint_url, client.meta.service_model.metadata)
    for operation in called:
        call = client.meta.service_model.operation_model(operation)
        print(operation, call.http, call.auth_type, call.http_checksum, told(call.input_shape), told(call.output_shape))
        print([told(error) for error in call.error_shapes], call.static_context_parameters, call.context_parameters)
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_shorter_descriptions_make_the_same_calls(function):
    """Of the same endpoints, members and errors as botocore as it comes."""

    def printed(folder: Path) -> str:
        program = f"import sys; sys.path.insert(0, {str(folder)!r})\n{CALLS}"
        command = [sys.executable, "-I", "-S", "-c", program]
        return subprocess.run(command, env={}, capture_output=True, text=True, check=True).stdout  # noqa: S603

    as_it_comes = Path(botocore.__file__).parents[1]
    assert printed(packages.build(function, packages.HERE)) == printed(as_it_comes)


def test_other_sources_are_another_package(monkeypatch, tmp_path):
    for name in ("attendance", "aws", "validate"):
        (tmp_path / "functions" / name).mkdir(parents=True)
        (tmp_path / "functions" / name / "__init__.py").write_text("")
    for name in ("infra/packages.py", "uv.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    monkeypatch.setattr(packages, "FUNCTIONS", tmp_path / "functions")

    def hashed() -> str:
        packages.source_hash.cache_clear()
        return packages.source_hash("validate", packages.LAMBDA)

    seen = [hashed(), hashed()]
    (tmp_path / "functions/attendance/law.py").write_text("NEW = 1\n")
    seen.append(hashed())
    (tmp_path / "uv.lock").write_text("newer\n")
    seen.append(hashed())
    packages.source_hash.cache_clear()
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3
