"""The sandbox's test cards: what each number is (funding, country, networks), and the aliases that stand for it.

A card that is not listed counts as credit, issued in the US. How a card *behaves* is the issuer's business and not
known here. Every `pm_card_x` has a twin `tok_x`.
"""

from dataclasses import dataclass, field

# number funding country [+second network] aliases…, in two rows where one does not take them all
_ROWS = """
4242424242424242 credit US pm_card_visa pm_card_us
4000056655665556 debit US pm_card_visa_debit tok_visa_debit_us_transferSuccess
5555555555554444 credit US pm_card_mastercard
2223003122003222 credit US
5200828282828210 debit US pm_card_mastercard_debit tok_mastercard_debit_us_transferSuccess
5105105105105100 prepaid US pm_card_mastercard_prepaid
378282246310005 credit US pm_card_amex pm_card_amex_threeDSecureNotSupported
371449635398431 credit US
6011111111111117 credit US pm_card_discover
6011000990139424 credit US
6011981111111113 debit US tok_discover_debit_us_transferSuccess
3056930009020004 credit US pm_card_diners
36227206271667 credit US
6555900000604105 credit US
3566002020360505 credit JP pm_card_jcb
6200000000000005 credit CN pm_card_unionpay
6200000000000047 debit CN
6205500000000000004 credit CN
4000002500001001 credit FR +cartes_bancaires pm_card_visa_cartesBancaires
5555552500001001 credit FR +cartes_bancaires pm_card_mastercard_cartesBancaires
4000050360000001 debit AU +eftpos_au pm_card_visa_debit_eftposAuCoBranded
5555050360000080 debit AU +eftpos_au pm_card_mastercard_debit_eftposAuCoBranded
4000051230000072 debit US pm_card_debit_visaFsaProductCode pm_card_debit_visaHsaProductCode
5200828282828897 debit US pm_card_mastercard_debit_mastercardFsaProductCode
4000000000000002 credit US pm_card_visa_chargeDeclined pm_card_chargeDeclined
4000000000009995 credit US pm_card_visa_chargeDeclinedInsufficientFunds tok_visa_debit_chargeDeclinedInsufficientFunds
4000000000009995 credit US pm_card_chargeDeclinedInsufficientFunds
4000000000009987 credit US pm_card_visa_chargeDeclinedLostCard pm_card_chargeDeclinedLostCard
4000000000009979 credit US pm_card_visa_chargeDeclinedStolenCard pm_card_chargeDeclinedStolenCard
4000000000006975 credit US pm_card_visa_chargeDeclinedVelocityLimitExceeded pm_card_chargeDeclinedVelocityLimitExceeded
4000000000000069 credit US pm_card_chargeDeclinedExpiredCard pm_card_visa_chargeDeclinedExpiredCard
4000000000000127 credit US pm_card_chargeDeclinedIncorrectCvc pm_card_visa_chargeDeclinedIncorrectCvc
4000000000000119 credit US pm_card_chargeDeclinedProcessingError pm_card_visa_chargeDeclinedProcessingError
4000000000000341 credit US pm_card_chargeCustomerFail pm_card_visa_chargeCustomerFail
4000000000000358 credit US pm_card_visa_chargeCustomerFailLostCard
4000000000000366 credit US pm_card_visa_chargeCustomerFailStolenCard
4100000000000019 credit US pm_card_radarBlock pm_card_visa_chargeDeclinedFraudulent pm_card_chargeDeclinedFraudulent
4000000000004954 credit US pm_card_riskLevelHighest
4000000000009235 credit US pm_card_riskLevelElevated
4000008400000407 credit US pm_card_highFraudDisputeScore
4000008400000159 credit US pm_card_highEfwScore
4000008400001017 credit US pm_card_radarDynamicRiskThreshold
4000008405600003 credit US pm_card_adaptive3dsChallenge
4000000000000101 credit US pm_card_cvcCheckFail
4000000000000036 credit US pm_card_avsZipFail
4000000000000028 credit US pm_card_avsLine1Fail
4000000000000010 credit US pm_card_avsFail
4000000000000044 credit US pm_card_avsUnchecked
4000058400307872 debit US pm_card_cvcCheckFailElevatedRisk
4000058400306072 debit US pm_card_avsZipFailElevatedRisk
4000000000000259 credit US pm_card_createDispute
4000000000002685 credit US pm_card_createDisputeProductNotReceived
4000000000001976 credit US pm_card_createDisputeInquiry
4000000000005423 credit US pm_card_createIssuerFraudRecord
4000000404000079 credit US pm_card_createMultipleDisputes
4000000404000038 credit US pm_card_createCe3EligibleDispute
4000008400000779 credit US pm_card_createComplianceDispute
5105008400000002 credit US pm_card_createMastercardComplianceDispute
4000000001000043 credit US pm_card_createAutoRepresentmentEligibleDispute
4000000404004816 credit US pm_card_createRapidDisputeResolutionDispute
4000000404005649 credit US pm_card_createCe3BlockDispute
5105000300000018 credit US pm_card_createEthocaAlert
4000000000007726 credit US pm_card_pendingRefund
4000000000005126 credit US pm_card_refundFail
4000000000000077 credit US pm_card_bypassPending
4000003720000278 credit IE pm_card_bypassPendingInternational
4000002500003155 credit FR pm_card_authenticationRequiredOnSetup
4000002760003184 credit DE pm_card_authenticationRequired
4000003800000446 credit IT pm_card_authenticationRequiredSetupForOffSession
4000008260003178 credit GB pm_card_authenticationRequiredChargeDeclinedInsufficientFunds
4000000000003220 credit IE pm_card_threeDSecure2Required
4000008400000027 credit US
4000008400001629 credit US pm_card_threeDSecureRequiredChargeDeclined
4000008400001280 credit US pm_card_threeDSecureRequiredProcessingError
4000000000003055 credit US pm_card_threeDSecureOptional
4000000000003097 credit US pm_card_threeDSecureOptionalProcessingError
4000000032200000 credit US
4000582600000094 debit GB
4000582600000045 debit GB
4000582600000102 debit GB
4000582600000110 debit GB
4000000000001208 credit US
4000000000003725 credit US
4000056655665572 debit US tok_visa_debit_us_transferFail
4000056755665555 debit US tok_visa_debit_us_instantPayoutUnsupported
5062210000000009 credit MX
5200007840000022 credit AE pm_card_ae_mastercard
4000006820000007 credit SA
4000058260000005 debit GB pm_card_gb_debit
5555558265554449 credit GB pm_card_gb_mastercard
3530111333300000 credit JP
4000007640000003 credit TH pm_card_th_credit
4000057640000008 debit TH pm_card_th_debit
"""

# Credit cards with no other property; the alias is pm_card_ and the country in small letters.
_COUNTRIES = """
AR4000000320000021 BR4000000760000002 CA4000001240000000 CL4000001520000001 CO4000001700000003 CR4000001880000005
EC4000002180000000 MX4000004840008001 PA4000005910000000 PY4000006000000066 PE4000006040000068 UY4000008580000003
AE4000007840000001 AT4000000400000008 BE4000000560000004 BG4000001000000000 BY4000001120000005 HR4000001910000009
CY4000001960000008 CZ4000002030000002 DK4000002080000001 EE4000002330000009 FI4000002460000001 FR4000002500000003
DE4000002760000016 GI4000002920000005 GR4000003000000030 HU4000003480000005 IE4000003720000005 IT4000003800000008
LV4000004280000005 LI4000004380000004 LT4000004400000000 LU4000004420000006 MT4000004700000007 NL4000005280000002
NO4000005780000007 PL4000006160000005 PT4000006200000007 RO4000006420000001 SI4000007050000006 SK4000007030000001
ES4000007240000007 SE4000007520000008 CH4000007560000009 GB4000008260000000 AU4000000360000006 CN4000001560000002
HK4000003440000004 IN4000003560000008 JP4000003920000003 MY4000004580000002 NZ4000005540000008 SG4000007020000003
TW4000001580000008
"""


RISK = {"4100000000000019": "highest", "4000000000004954": "highest", "4000000000009235": "elevated",
        "4000058400307872": "elevated", "4000058400306072": "elevated"}
"""The risk that a payment with one of these numbers is taken to have; the highest is blocked."""
_ALWAYS_BLOCKED = "4100000000000019"
_DYNAMIC = "4000008400001017"
"""Its risk is below the usual threshold, and above one that follows what is attacked."""


def risk(number: str, switches: frozenset[str]) -> tuple[str | None, bool]:
    """(risk level or None, whether it is blocked) of a payment with a test card; `switches` are those of TEST_RISK."""
    if number == _DYNAMIC and "dynamic_threshold" in switches:
        return "elevated", True
    level = RISK.get(number)
    return level, level == "highest" and (number == _ALWAYS_BLOCKED or "allow_highest" not in switches)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a card: funding, country of issue, the second network of a co-branded one."""

    funding: str = "credit"
    country: str = "US"
    second_network: str | None = None
    aliases: tuple[str, ...] = field(default=())


_UNLISTED = Facts()


def _read() -> tuple[dict[str, Facts], dict[str, str]]:
    facts: dict[str, Facts] = {}
    aliases: dict[str, str] = {}
    countries = (f"{item[2:]} credit {item[:2]} pm_card_{item[:2].lower()}" for item in _COUNTRIES.split())
    for row in (*_ROWS.strip().splitlines(), *countries):
        number, funding, country, *rest = row.split()
        second = next((word[1:] for word in rest if word[0] == "+"), None)
        names = [word for word in rest if word[0] != "+"]
        names += ["tok_" + name.removeprefix("pm_card_") for name in names if name.startswith("pm_card_")]
        facts[number] = Facts(funding, country, second, (*facts.get(number, _UNLISTED).aliases, *names))
        aliases |= dict.fromkeys(names, number)
    return facts, aliases


TEST_CARDS, ALIASES = _read()


def facts(number: str) -> Facts:
    """Funding and country of a number; the defaults for one that is not a test card."""
    return TEST_CARDS.get(number, _UNLISTED)
