"""The sandbox's bank accounts and the aliases that stand for them. How an account *behaves* its bank knows.

Only what our own side does about one is known here: which are too risky, and to which no deposit can be sent.
"""

US_ROUTING = "110000000"
_US = """
success 000123456789 · accountClosed 000111111113 · noAccount 000111111116 · insufficientFunds 000222222227
debitNotAuthorized 000333333335 · invalidCurrency 000444444440 · dispute 000555555559 · processing 000000000009
weeklyLimitExceeded 000777777771 · failMicrodeposits 000666666661 · riskLevelHighest 000000004954
"""
_SEPA = """
success AT611904300234573201 DE89370400440532013000 FR1420041010050500013M02606 BE62510007547061 IE29AIBK93115212345678
successDelayed AT321904300235473204 DE08370400440532013003 FR3020041010050500013M02609 BE78510007547064
successDelayed IE24AIBK93115212345671
failed AT861904300235473202 DE62370400440532013001 FR8420041010050500013M02607 BE68539007547034 IE02AIBK93115212345679
failedDelayed AT051904300235473205 DE78370400440532013004 FR7920041010050500013M02600 BE51510007547065
failedDelayed IE94AIBK93115212345672
disputed AT591904300235473203 DE35370400440532013002 FR5720041010050500013M02608 BE08510007547063
disputed IE51AIBK93115212345670
exceedsWeeklyVolumeLimit AT981904300000343434 DE65370400440000343434 FR9720041010050000000343434 BE90510000343434
exceedsWeeklyVolumeLimit IE10AIBK93115200343434
exceedsWeeklyTransactionLimit AT601904300000121212 DE27370400440000121212 FR5920041010050000000121212
exceedsWeeklyTransactionLimit BE52510000121212 IE69AIBK93115200121212
insufficientFunds AT981904300002222227 DE65370400440002222227 FR9720041010050000002222227 BE90510002222227
insufficientFunds IE10AIBK93115202222227
"""
RISKY = frozenset({"000000004954"})
"""Accounts whose debits are blocked here and never sent."""
NO_DEPOSITS = frozenset({"000666666661"})
"""Accounts that microdeposits cannot reach."""


def _read() -> dict[str, tuple[str, str]]:
    found = {}
    for name, number in (row.split() for line in _US.strip().splitlines() for row in line.split(" · ")):
        found[f"pm_usBankAccount_{name}"] = ("us_bank_account", number)
    for line in _SEPA.strip().splitlines():
        behaviour, *ibans = line.split()
        found |= {f"pm_sepaDebit_{behaviour}_{iban[:2].lower()}": ("sepa_debit", iban) for iban in ibans}
    found |= dict.fromkeys(("btok_us_verified", "tok_us_verified"), found["pm_usBankAccount_success"])
    return found


ALIASES = _read()
"""Name -> type of the payment method and the account's number."""
