"""The schema's history: Alembic runs `versions/`, whose steps are the plain SQL files of `sql/`."""

from pathlib import Path

from alembic import command
from alembic.config import Config

HERE = Path(__file__).resolve().parent


def _config(owner_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = owner_url
    return config


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database that `owner_url` (libpq URI, role farthing_owner) names to `revision`."""
    command.upgrade(_config(owner_url), revision)
