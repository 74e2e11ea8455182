"""Rules of the house that the import contracts cannot say."""

import ast
import importlib
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from tests.stack import ROOT

PACKAGES = ("api", "backend", "checkout", "commands", "portal", "sandbox", "vault", "workers")
LINES_MAX = 400
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")
                 if "__pycache__" not in path.parts)
PAGES = sorted(path for door in ("portal", "checkout") for path in (ROOT / "templates" / door).glob("*.html"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    """A module of ours, read once."""
    return ast.parse(path.read_text(), filename=str(path))


def offenders(wrong: Callable[[Path], object], paths: Iterable[Path] = MODULES) -> dict[str, object]:
    """What is wrong where: empty when all is well."""
    return {_name(path): found for path in paths if (found := wrong(path))}


def test_a_module_opens_with_one_sentence() -> None:
    def silent(path: Path) -> str:
        return "" if ast.get_docstring(tree(path)) or not tree(path).body else "say in one sentence what it is for"

    assert offenders(silent) == {}


def test_a_module_stays_short() -> None:
    def long(path: Path) -> str:
        lines = len(path.read_text().splitlines())
        return f"{lines} lines: it wants to become two" if lines > LINES_MAX else ""

    assert offenders(long) == {}


def _imports(tree: ast.Module) -> set[str]:
    """Every module or name that is imported anywhere in it, as dotted names."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_sql_of_a_noun_is_private_to_its_folder() -> None:
    """Who needs what another noun keeps asks it for a verb."""
    def foreign(path: Path) -> set[str]:
        home = ".".join(path.relative_to(ROOT).parent.parts)
        return {name for name in _imports(tree(path)) if re.fullmatch(r"backend\.\w+\.sql(\.\w+)?", name)
                and not name.startswith(f"{home}.sql")}

    assert offenders(foreign) == {}


def test_only_the_clock_reads_the_time_of_day() -> None:
    """All others ask ctx.clock (money rule 24)."""
    def reading(path: Path) -> set[str]:
        home = path.relative_to(ROOT).parts
        if home[0] == "sandbox" or home[:2] in {("backend", "clock.py"), ("backend", "stack")}:
            return set()
        calls = {ast.unparse(node.func) for node in ast.walk(tree(path))
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
        return calls & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now",
                        "datetime.date.today"}

    assert offenders(reading) == {}


def _texts(paths: list[Path]) -> set[str]:
    """Every text constant in these modules."""
    return {node.value for path in paths for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_page_is_rendered_by_its_own_door() -> None:
    def shown_by_nobody(path: Path) -> bool:
        door = path.parent.name
        texts = _texts([module for module in MODULES if module.relative_to(ROOT).parts[0] == door])
        stems = {module.stem for module in MODULES if module.parent == ROOT / door}
        named = {path.stem, path.name, f"{door}/{path.name}", f"{door}/{path.stem}"}
        used = any(f'"{door}/{path.name}"' in other.read_text() for other in PAGES if other != path)
        return not (path.stem in stems or texts & named or used)

    assert offenders(shown_by_nobody, PAGES) == {}


def test_every_template_that_is_named_exists() -> None:
    named = {text for text in _texts(MODULES) if re.fullmatch(r"(portal|checkout|mail|shared|vault)/\w+\.html", text)}
    assert [name for name in named if not (ROOT / "templates" / name).exists()] == []


def test_the_columns_of_a_table_are_named() -> None:
    """PostgreSQL refuses a prepared `SELECT *` for good once an upgrade has added a column, and old processes may serve
    while a new version upgrades the database; inner ones may stay."""
    def all_columns(path: Path) -> list[str]:
        return re.findall(r"(?:^|[\"'])\s*SELECT \* FROM (?:pay|core|vault)\.\w+(?!\w|\()|RETURNING \*",
                          path.read_text())

    assert offenders(all_columns, [path for path in MODULES if path.name.endswith("sql.py")]) == {}


def _job_names() -> set[str]:
    """Every text in the doors and the backend that names a function of the workers."""
    return {text for text in _texts(MODULES) if re.fullmatch(r"workers\.\w+\.\w+", text)}


def test_every_job_name_leads_to_a_function() -> None:
    for name in _job_names():
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), name


def test_no_folder_of_tests_shadows_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_test_is_left_out() -> None:
    marks = re.compile(r"pytest\.(mark\.)?(skip|xfail|skipif)\b")
    assert [_name(path) for path in (ROOT / "tests").rglob("test_*.py")
            if marks.search(path.read_text()) and path != Path(__file__)] == []


def test_every_target_of_the_makefile_is_explained() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE)) == set(phony.group(1).split())


def test_no_link_leads_out_of_the_project() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    assert ".venv" in ignored, "with a slash behind it, a link of that name would not be ignored"
    kept = [path for path in ROOT.iterdir() if path.name not in {name.rstrip("/") for name in ignored} | {".git"}]
    assert [_name(path) for one in kept for path in (one, *one.rglob("*"))
            if path.is_symlink() and "node_modules" not in path.parts] == []
