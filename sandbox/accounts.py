"""The sandbox bank's accounts: what becomes of a debit of each, and how long that takes. Others succeed at once.

Reasons are ISO 20022's. "never" is a debit that the bank keeps thinking about.
"""

OK = "00"
NEVER = "never"
DELAY_SECONDS = 180.0

_US = {
    "000111111113": "AC04", "000111111116": "AC01", "000222222227": "AM04", "000333333335": "MD01",
    "000444444440": "AM03", "000777777771": "AM14", "000888888885": "AC06", "000000000009": NEVER,
}
_SEPA = {
    "MS03": "AT861904300235473202 DE62370400440532013001 FR8420041010050500013M02607 BE68539007547034 "
            "IE02AIBK93115212345679",
    "AM14": "AT981904300000343434 DE65370400440000343434 FR9720041010050000000343434 BE90510000343434 "
            "IE10AIBK93115200343434",
    "AM21": "AT601904300000121212 DE27370400440000121212 FR5920041010050000000121212 BE52510000121212 "
            "IE69AIBK93115200121212",
    "AM04": "AT981904300002222227 DE65370400440002222227 FR9720041010050000002222227 BE90510002222227 "
            "IE10AIBK93115202222227",
}
_SLOW = {
    OK: "AT321904300235473204 DE08370400440532013003 FR3020041010050500013M02609 BE78510007547064 "
        "IE24AIBK93115212345671",
    "MS03": "AT051904300235473205 DE78370400440532013004 FR7920041010050500013M02600 BE51510007547065 "
            "IE94AIBK93115212345672",
}
BEHAVIOURS: dict[str, tuple[str, float]] = {
    **{number: (reason, 0.0) for number, reason in _US.items()},
    **{iban: (reason, 0.0) for reason, ibans in _SEPA.items() for iban in ibans.split()},
    **{iban: (reason, DELAY_SECONDS) for reason, ibans in _SLOW.items() for iban in ibans.split()},
}
"""Account -> (00 or the reason of its refusal, seconds until it is decided)."""


def behaviour(number: str) -> tuple[str, float]:
    """What becomes of a debit of this account."""
    return BEHAVIOURS.get(number, (OK, 0.0))
