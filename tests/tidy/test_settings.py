"""Every setting is documented, and nothing is documented that does not exist."""

import re

from backend.config import Settings
from tests.stack import ROOT

_NOT_OURS = {"FORWARDED_ALLOW_IPS"}  # read by the web server itself


def _known() -> set[str]:
    return {str(field.validation_alias) for field in Settings.model_fields.values()} | _NOT_OURS


def _documented() -> dict[str, str]:
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_every_setting_stands_in_the_example_file_and_no_other() -> None:
    assert _documented().keys() == _known()


def test_the_example_file_shows_the_defaults() -> None:
    shown = Settings.model_validate({name: value for name, value in _documented().items() if name not in _NOT_OURS})
    assert shown == Settings.model_validate({})
