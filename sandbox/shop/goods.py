"""What is on the shelves. What it costs stands in Farthing's catalogue, found by lookup keys."""

from dataclasses import dataclass

from sandbox.shop.farthing import Farthing

CURRENCY = "usd"


@dataclass(frozen=True, slots=True)
class Good:
    """Something to sell; `amount` in cents is what it costs until its price is changed in the catalogue."""

    sku: str
    name: str
    about: str
    amount: int

    @property
    def lookup_key(self) -> str:
        """By what its price is found."""
        return f"demo-shop-{self.sku}"


SHELVES = {one.sku: one for one in (
    Good("notebook", "Field notebook", "Ninety-six pages, sewn, so that it lies flat on a knee or a wall.", 2000),
    Good("pen", "Brass pen", "Turned from one rod. It darkens where you hold it.", 4800),
    Good("ink", "Iron gall ink", "Goes on grey and is black by the evening.", 1400),
    Good("seal", "Wax and seal", "Two sticks of green wax, and a seal with a wren on it.", 2600),
    Good("envelopes", "Envelopes", "Twenty-five of laid paper, with deep flaps.", 900),
    Good("coin", "A farthing", "Struck in copper, with a wren on its back. It buys nothing any more.", 500),
)}


def prices(farthing: Farthing) -> dict[str, tuple[str, int]]:
    """sku -> (price id, amount), of what is sold today. Raises Refused and Closed."""
    asked = {f"lookup_keys[{number}]": one.lookup_key for number, one in enumerate(SHELVES.values())}
    found = farthing.get("/v1/prices", {**asked, "active": "true", "currency": CURRENCY, "limit": "100"})["data"]
    by_key = {price["lookup_key"]: (str(price["id"]), int(price["unit_amount"] or 0)) for price in found}
    return {sku: by_key[one.lookup_key] for sku, one in SHELVES.items() if one.lookup_key in by_key}


def stock(farthing: Farthing) -> None:
    """Put what the catalogue has never had into it; what is there stays as it is, also what was archived."""
    asked = {f"lookup_keys[{number}]": one.lookup_key for number, one in enumerate(SHELVES.values())}
    had = {price["lookup_key"] for price in farthing.get("/v1/prices", {**asked, "limit": "100"})["data"]}
    for one in SHELVES.values():
        if one.lookup_key not in had:
            farthing.post("/v1/prices", {"currency": CURRENCY, "unit_amount": str(one.amount),
                                         "lookup_key": one.lookup_key, "product_data[name]": one.name})


def money(amount: int) -> str:
    """Cents as the shop writes them."""
    return f"${amount // 100:,}.{amount % 100:02}"
