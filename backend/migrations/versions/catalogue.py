"""Products, prices, coupons, promotion codes and shipping rates."""

from backend.migrations.files import run

revision = "catalogue"
down_revision = "resources"


def upgrade() -> None:
    run("1500_catalogue.sql")
