"""Rules of the house that the import contracts cannot say."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.stack import ROOT

PACKAGES = ("api", "backend", "checkout", "commands", "portal", "sandbox", "vault", "workers")
LINES_MAX = 400
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")
                 if "__pycache__" not in path.parts)
PAGES = sorted(path for door in ("portal", "checkout") for path in (ROOT / "templates" / door).glob("*.html"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_opens_with_one_sentence(path: Path) -> None:
    tree = _tree(path)
    assert ast.get_docstring(tree) or not tree.body, "say in one sentence what it is for"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_stays_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX, "it wants to become two"


def _imports(tree: ast.Module) -> set[str]:
    """Every module or name that is imported anywhere in it, as dotted names."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_the_sql_of_a_noun_is_private_to_its_folder(path: Path) -> None:
    home = ".".join(path.relative_to(ROOT).parent.parts)
    foreign = {name for name in _imports(_tree(path)) if re.fullmatch(r"backend\.\w+\.sql(\.\w+)?", name)
               and not name.startswith(f"{home}.sql")}
    assert not foreign, "ask the noun for a verb"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_the_clock_reads_the_time_of_day(path: Path) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)}
    home = path.relative_to(ROOT).parts
    if home[0] != "sandbox" and home[:2] not in {("backend", "clock.py"), ("backend", "stack")}:
        assert not calls & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today",
                            "datetime.datetime.now", "datetime.date.today"}, "ask ctx.clock (money rule 24)"


def _texts(paths: list[Path]) -> set[str]:
    """Every text constant in these modules."""
    return {node.value for path in paths for node in ast.walk(_tree(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_page_is_rendered_by_its_own_door(path: Path) -> None:
    door = path.parent.name
    texts = _texts([module for module in MODULES if module.relative_to(ROOT).parts[0] == door])
    stems = {module.stem for module in MODULES if module.parent == ROOT / door}
    named = {path.stem, path.name, f"{door}/{path.name}", f"{door}/{path.stem}"}
    used = any(f'"{door}/{path.name}"' in other.read_text() for other in PAGES if other != path)
    assert path.stem in stems or texts & named or used, "a page that nobody shows"


def test_every_template_that_is_named_exists() -> None:
    named = {text for text in _texts(MODULES) if re.fullmatch(r"(portal|checkout|shared|vault)/\w+\.html", text)}
    assert [name for name in named if not (ROOT / "templates" / name).exists()] == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.name.endswith("sql.py")], ids=_name)
def test_the_columns_of_a_table_are_named(path: Path) -> None:
    """PostgreSQL refuses a prepared `SELECT *` for good once an upgrade has added a column; inner ones may stay."""
    found = re.findall(r"(?:^|[\"'])\s*SELECT \* FROM (?:pay|core|vault)\.\w+(?!\w|\()|RETURNING \*", path.read_text())
    assert not found, "name the columns: old processes may serve while a new version upgrades the database"


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
