"""Money: whole minor units with an ISO 4217 currency; one exponent table, one rounding rule, no floats.

Source: ISO 4217 list one; the zero- and three-decimal currencies and the exceptions of reference contract section 16.
"""

import json
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

_ISO = """
AED784 AFN971 ALL008 AMD051 AOA973 ARS032 AUD036 AWG533 AZN944 BAM977 BBD052 BDT050 BGN975 BHD048 BIF108 BMD060
BND096 BOB068 BRL986 BSD044 BTN064 BWP072 BYN933 BZD084 CAD124 CDF976 CHF756 CLP152 CNY156 COP170 CRC188 CUP192
CVE132 CZK203 DJF262 DKK208 DOP214 DZD012 EGP818 ERN232 ETB230 EUR978 FJD242 FKP238 GBP826 GEL981 GHS936 GIP292
GMD270 GNF324 GTQ320 GYD328 HKD344 HNL340 HTG332 HUF348 IDR360 ILS376 INR356 IQD368 IRR364 ISK352 JMD388 JOD400
JPY392 KES404 KGS417 KHR116 KMF174 KPW408 KRW410 KWD414 KYD136 KZT398 LAK418 LBP422 LKR144 LRD430 LSL426 LYD434
MAD504 MDL498 MGA969 MKD807 MMK104 MNT496 MOP446 MRU929 MUR480 MVR462 MWK454 MXN484 MYR458 MZN943 NAD516 NGN566
NIO558 NOK578 NPR524 NZD554 OMR512 PAB590 PEN604 PGK598 PHP608 PKR586 PLN985 PYG600 QAR634 RON946 RSD941 RUB643
RWF646 SAR682 SBD090 SCR690 SDG938 SEK752 SGD702 SHP654 SLE925 SOS706 SRD968 SSP728 STN930 SVC222 SYP760 SZL748
THB764 TJS972 TMT934 TND788 TOP776 TRY949 TTD780 TWD901 TZS834 UAH980 UGX800 USD840 UYU858 UZS860 VED926 VES928
VND704 VUV548 WST882 XAF950 XCD951 XCG532 XOF952 XPF953 YER886 ZAR710 ZMW967 ZWG924
"""
_NUMERIC = {item[:3].lower(): item[3:] for item in _ISO.split()}
_ZERO = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
_THREE = frozenset("bhd iqd jod kwd lyd omr tnd".split())
_WHOLE = frozenset({"isk", "ugx"})

CURRENCIES = frozenset(_NUMERIC)
AMOUNT_MAX = 99_999_999
"""The largest amount of one payment in most currencies, in minor units (eight digits)."""
AMOUNT_MAX_ANY = 999_999_999_999
"""The largest amount of one payment in any currency: twelve digits."""
_LARGER = {"idr": AMOUNT_MAX_ANY, "cop": 9_999_999_999, "inr": 999_999_999}
"""Currencies whose unit is worth little take twelve, ten and nine digits."""

PER_USD: dict[str, Decimal] = {
    code: Decimal(rate) for code, rate in
    json.loads(Path(__file__).with_name("exchange_rates.json").read_text()).items()}
"""What one US dollar is worth in each currency: a fixed table of round figures, so that all tests see the same."""

_MINIMUM = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "cad": 50, "aud": 50, "chf": 50, "nzd": 50, "sgd": 50,
            "hkd": 400, "mxn": 1000, "brl": 50, "inr": 50, "sek": 300, "nok": 300, "dkk": 250, "pln": 200,
            "czk": 1500, "huf": 17500, "ron": 200, "bgn": 100, "aed": 200, "thb": 1000, "myr": 200}


def known(currency: str) -> bool:
    """True for a lower-case ISO 4217 code that we can charge in."""
    return currency in _NUMERIC


def exponent(currency: str) -> int:
    """Digits of the minor unit: 0, 2 or 3. Raises KeyError for an unknown code; there is no default.

    ISK and UGX are written with two decimals on the wire although they have none in cash, as the contract asks.
    """
    if currency.lower() not in _NUMERIC:
        raise KeyError(currency)
    code = currency.lower()
    return 0 if code in _ZERO else 3 if code in _THREE else 2


def numeric(currency: str) -> str:
    """The three-digit ISO 4217 number, as field 49 of ISO 8583 carries it."""
    return _NUMERIC[currency.lower()]


def minimum(currency: str) -> int:
    """The smallest amount of one payment, in minor units: the set one, else what half a US dollar is worth, in whole
    steps."""
    least = _MINIMUM.get(currency)
    if least is None:
        steps = Decimal("0.5") * PER_USD[currency] * 10 ** exponent(currency) / step(currency)
        least = int(steps.to_integral_value(ROUND_CEILING)) * step(currency)
    return least


def converted(currency: str) -> bool:
    """Whether the minimum of a currency is that of the US dollar, by conversion."""
    return currency not in _MINIMUM


def in_dollars(amount: int, currency: str) -> str:
    """About what an amount is worth in US dollars, as text; for people, never for arithmetic."""
    return f"{Decimal(amount) / 10 ** exponent(currency) / PER_USD[currency]:.2f}"


def maximum(currency: str) -> int:
    """The largest amount of one payment, in minor units."""
    return _LARGER.get(currency, AMOUNT_MAX)


def step(currency: str) -> int:
    """What every amount of a payment must be a multiple of: 100 where the wire has decimals that the money has not, 10
    where it has three, for card networks move two."""
    return 100 if currency in _WHOLE else 10 if currency in _THREE else 1


def fee(amount: int, currency: str, *, basis_points: int = 290, fixed: int = 30) -> int:
    """Processing fee in minor units: `round_half_up(amount × 290 / 10000) + 30`, integers only."""
    return (amount * basis_points + 5000) // 10000 + fixed


def decimal_text(amount: int, currency: str) -> str:
    """`1999, "usd"` -> `19.99`; for people and for messages, never for arithmetic."""
    digits = exponent(currency)
    if digits == 0:
        return str(amount)
    sign, text = ("-" if amount < 0 else ""), str(abs(amount)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"
