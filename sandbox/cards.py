"""The test cards as one table: what the issuer answers, and what its 3-D Secure does.

Source: the sandbox test values, sections 1 to 3, 5, 6 and 11. A card that is not here is unknown to this issuer.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestCard:
    """One row. Response codes are those of field 39.

    `code` answers a payment, `verify_code` an authorisation of zero (a card being saved). `cvc`, `postal` and
    `line1` are the results of the checks: M match, N no match, U unavailable. `three_ds` is the enrolment that the
    directory tells; `areq` the first answer of the 3-D Secure server (Y, C, A or U) and `challenge` the page shown.
    With `needs_cavv` a payment without proof of authentication is answered 1A; `stored_ok` lets one through that
    states ECI 07 (the merchant's own, on a card that was set up). `refund` is what becomes of money given back to it:
    "pending" (decided later) or "returned" (accepted, and the bank sends it back later); empty: accepted for good.
    """

    number: str
    brand: str
    note: str = ""
    code: str = "00"
    verify_code: str = "00"
    cvc: str = "M"
    cvc_code: str = "00"
    postal: str = "M"
    line1: str = "M"
    three_ds: str = "not_enrolled"
    areq: str = "A"
    challenge: str = "otp"
    needs_cavv: bool = False
    stored_ok: bool = False
    refund: str = ""


def brand_of(number: str) -> str:
    """The network, by the leading digits; good enough for the ranges of test cards."""
    first, two, four = number[:1], number[:2], number[:4]
    if two in ("34", "37"):
        return "amex"
    if two in ("30", "36", "38"):
        return "diners"
    if two == "35":
        return "jcb"
    if first == "4":
        return "visa"
    if two in ("51", "52", "53", "54", "55") or "2221" <= four <= "2720":
        return "mastercard"
    if two == "62":
        return "unionpay"
    return "discover" if first == "6" else "unknown"


_SUCCESS = """
4242424242424242 4000056655665556 5555555555554444 2223003122003222 5200828282828210 5105105105105100 378282246310005
371449635398431 6011111111111117 6011000990139424 6011981111111113 3056930009020004 36227206271667 6555900000604105
3566002020360505 6200000000000005 6200000000000047 6205500000000000004 4000002500001001 5555552500001001
4000050360000001 5555050360000080 4000051230000072 5200828282828897
"""
_RISK = """
4100000000000019 4000000000004954 4000000000009235 4000008400000407 4000008400000159 4000008400001017
"""
_DISPUTES = """
4000000000000259 4000000000002685 4000000000001976 4000000000005423 4000000404000079 4000000404000038
4000008400000779 5105008400000002 4000000001000043 4000000404004816 4000000404005649 5105000300000018
"""
_REFUNDS = "4000000000000077 4000003720000278"
_CAPTCHA = "4000000000001208 4000000000003725"
_PAYOUT_DEBIT = "4000056655665572 4000056755665555"
_COUNTRIES = """
4000000320000021 4000000760000002 4000001240000000 4000001520000001 4000001700000003 4000001880000005
4000002180000000 4000004840008001 5062210000000009 4000005910000000 4000006000000066 4000006040000068
4000008580000003 4000007840000001 5200007840000022 4000000400000008 4000000560000004 4000001000000000
4000001120000005 4000001910000009 4000001960000008 4000002030000002 4000002080000001 4000002330000009
4000002460000001 4000002500000003 4000002760000016 4000002920000005 4000003000000030 4000003480000005
4000003720000005 4000003800000008 4000004280000005 4000004380000004 4000004400000000 4000004420000006
4000004700000007 4000005280000002 4000005780000007 4000006160000005 4000006200000007 4000006420000001
4000006820000007 4000007050000006 4000007030000001 4000007240000007 4000007520000008 4000007560000009
4000008260000000 4000058260000005 5555558265554449 4000000360000006 4000001560000002 4000003440000004
4000003560000008 4000003920000003 3530111333300000 4000004580000002 4000005540000008 4000007020000003
4000001580000008 4000007640000003 4000057640000008
"""


def _plain(numbers: str, note: str) -> list[TestCard]:
    return [TestCard(n, brand_of(n), note) for n in numbers.split()]


def _declined(number: str, code: str, note: str) -> TestCard:
    return TestCard(number, brand_of(number), note, code=code, verify_code=code)


def _challenged(number: str, note: str, *, code: str = "00", areq: str = "C", challenge: str = "otp",
                stored_ok: bool = False) -> TestCard:
    return TestCard(number, brand_of(number), note, code=code, three_ds="required", areq=areq, challenge=challenge,
                    needs_cavv=True, stored_ok=stored_ok)


_ROWS = [
    *_plain(_SUCCESS, "Approved"),
    *_plain(_RISK, "Approved; the merchant's risk rules decide"),
    *_plain(_DISPUTES, "Approved; disputed later"),
    *_plain(_REFUNDS, "Approved; special balance"),
    TestCard("4000000000007726", "visa", "Approved; a refund is decided later", refund="pending"),
    TestCard("4000000000005126", "visa", "Approved; a refund comes back later", refund="returned"),
    *_plain(_CAPTCHA, "Approved after a captcha"),
    *_plain(_PAYOUT_DEBIT, "Approved; special as a payout destination"),
    *_plain(_COUNTRIES, "Approved; issued in another country"),
    _declined("4000000000000002", "05", "Declined"),
    _declined("4000000000009995", "51", "Declined: insufficient funds"),
    _declined("4000000000009987", "41", "Declined: lost card"),
    _declined("4000000000009979", "43", "Declined: stolen card"),
    _declined("4000000000006975", "65", "Declined: velocity limit"),
    _declined("4000000000000069", "54", "Declined: expired card"),
    _declined("4000000000000119", "06", "Declined: processing error"),
    TestCard("4000000000000127", "visa", "Declined when a CVC is given", cvc="N", cvc_code="82"),
    TestCard("4000000000000341", "visa", "Can be saved; every payment is declined", code="05"),
    TestCard("4000000000000358", "visa", "Can be saved; every payment is declined: lost card", code="41"),
    TestCard("4000000000000366", "visa", "Can be saved; every payment is declined: stolen card", code="43"),
    TestCard("4000000000000101", "visa", "Approved; the CVC check fails", cvc="N"),
    TestCard("4000000000000036", "visa", "Approved; the postal code check fails", postal="N"),
    TestCard("4000000000000028", "visa", "Approved; the address line check fails", line1="N"),
    TestCard("4000000000000010", "visa", "Approved; both address checks fail", postal="N", line1="N"),
    TestCard("4000000000000044", "visa", "Approved; address checks unavailable", postal="U", line1="U"),
    TestCard("4000058400307872", "visa", "Approved; the CVC check fails", cvc="N"),
    TestCard("4000058400306072", "visa", "Approved; the postal code check fails", postal="N"),
    _challenged("4000002760003184", "Always asks for authentication"),
    _challenged("4000000000003220", "3-D Secure required"),
    _challenged("4000008400000027", "3-D Secure required"),
    _challenged("4000008260003178", "Authenticates, then insufficient funds", code="51"),
    _challenged("4000008400001629", "Authenticates, then declined", code="05"),
    _challenged("4000008400001280", "3-D Secure lookup fails, declined", code="05", areq="U"),
    _challenged("4000002500003155", "Asks unless the card was set up", stored_ok=True),
    _challenged("4000582600000094", "Challenge out of band", challenge="oob"),
    _challenged("4000582600000045", "Challenge by one-time code"),
    _challenged("4000582600000102", "Challenge by one choice", challenge="single"),
    _challenged("4000582600000110", "Challenge by several choices", challenge="multi"),
    TestCard("4000003800000446", "visa", "Set up for off-session use", three_ds="set_up", areq="C"),
    TestCard("4000000000003055", "visa", "3-D Secure optional", three_ds="optional", areq="C"),
    TestCard("4000000000003097", "visa", "3-D Secure optional; its lookup fails", three_ds="optional", areq="U"),
    TestCard("4000008405600003", "visa", "Asks when adaptive 3-D Secure is on", three_ds="optional", areq="C"),
    TestCard("4000000032200000", "visa", "3-D Secure without a challenge", three_ds="required", areq="Y"),
]

CARDS: dict[str, TestCard] = {row.number: row for row in _ROWS}
for _number in ("378282246310005", "371449635398431"):
    CARDS[_number] = TestCard(_number, "amex", "Approved; 3-D Secure not supported", three_ds="not_supported", areq="U")

INCREMENTS = MULTICAPTURES = frozenset({"visa", "mastercard", "amex", "discover"})
"""Brands whose authorisations can be raised, and captured in several parts."""
REFUNDS: dict[tuple[str, str], str] = {(row.number[-4:], row.brand): row.refund for row in _ROWS if row.refund}
"""(last four, brand), which is all that the books keep of a card -> what becomes of its refunds."""
