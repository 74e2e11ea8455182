"""Disputes and early fraud warnings: opened once for a charge, read, answered with evidence.

Only the objects stand here. No money moves yet: withdrawal, victory and defeat are not part of this.
"""

from datetime import datetime, timedelta
from typing import Any

from backend.context import Context
from backend.db import Connection
from backend.disputes import shapes
from backend.disputes.shapes import FILES
from backend.errors import InvalidRequest
from backend.files import files
from backend.metadata import merged
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
ANSWER_DAYS = 7
EVIDENCE_MAX = 150_000
_OPEN = ("needs_response", "warning_needs_response")
_ELIGIBLE = ("visa_compelling_evidence_3", "visa_compliance", "mastercard_compliance")
_PREVENTED = ("resolution", "block")
"""How a dispute can be prevented: the money is given back before the bank asks for it, or the bank withdraws."""
_CODES = {("visa", "fraudulent"): "10.4", ("visa", "product_not_received"): "13.1",
          ("mastercard", "fraudulent"): "4837"}


def _shape(ctx: Context, row: Row) -> Row:
    due = datetime.fromisoformat(row["due_by"])
    given = {name: value for name, value in row["evidence"].items() if value}
    details = {"due_by": int(due.timestamp()), "has_evidence": bool(given), "past_due": ctx.clock.now() > due,
               "submission_count": row["submission_count"], "enhanced_eligibility": _eligibility(row),
               "submission_method": "manual" if row["submission_count"] else "not_submitted"}
    return shapes.DISPUTE.render(row, livemode=ctx.livemode, evidence=row["evidence"], evidence_details=details)


DISPUTE = Resource(shapes.DISPUTE, "dp", "pay.dispute", "/v1/disputes", "charge.dispute", shape=_shape, filters={
    "charge": "r.charge_id = %(charge)s", "payment_intent": "r.payment_id = %(payment_intent)s"},
    private=("due_by", "submission_count"))
WARNING = Resource(shapes.WARNING, "issfr", "pay.early_fraud_warning", "/v1/radar/early_fraud_warnings",
                   "radar.early_fraud_warning", filters={"charge": "r.charge_id = %(charge)s",
                                                         "payment_intent": "r.payment_id = %(payment_intent)s"})


def born(ctx: Context, charge: Row) -> tuple[dict[str, list[Row]], list[Row]]:
    """What comes after a captured charge of a test card or account: rows for the commit that captures it, and events.

    The charge is disputed from then on, unless it is only reported.
    """
    scenario = charge["scenario"]
    common = {"charge": charge["id"], "payment_intent": charge["payment_id"]}
    if scenario == "fraud_record":
        name, res = "warnings", WARNING
        docs = [{**common, "actionable": True, "fraud_type": "made_with_stolen_card"}]
    else:
        name, res = "disputes", DISPUTE
        docs = [{**common, **_born(ctx, charge, scenario, reason), "amount": amount}
                for amount, reason in _demands(scenario, charge["amount_captured"])]
    made = [resources.born(ctx, res, doc) for doc in docs]
    return {name: [row for row, _ in made]}, [event for _, event in made]


def _demands(scenario: str, amount: int) -> list[tuple[int, str]]:
    """Amount and reason of each dispute."""
    if scenario == "multiple" and amount > 1:
        return [(amount // 2, "fraudulent"), (amount - amount // 2, "product_not_received")]
    reasons = {"product_not_received": "product_not_received", "debit": "debit_not_authorized"}
    reason = "noncompliant" if scenario.endswith("_compliance") else reasons.get(scenario, "fraudulent")
    return [(amount, reason)]


def _born(ctx: Context, charge: Row, scenario: str, reason: str) -> Row:
    inquiry, details = scenario == "inquiry", charge["payment_method_details"]
    prevented = scenario in _PREVENTED and "dispute_prevention" in ctx.settings.test_risk_switches
    case = ("inquiry" if inquiry else scenario if prevented else
            "compliance" if reason == "noncompliant" else "chargeback")
    card = details.get("card")
    code = _CODES.get((card["brand"], reason)) if card else None
    return {
        "currency": charge["currency"], "reason": reason, "evidence": {}, "metadata": {}, "submission_count": 0,
        "due_by": (ctx.clock.now() + timedelta(days=ANSWER_DAYS)).isoformat(), "is_charge_refundable": inquiry,
        "status": "warning_needs_response" if inquiry else "prevented" if prevented else "needs_response",
        "network_reason_code": code,
        "enhanced_eligibility_types": [scenario] if scenario in _ELIGIBLE else [],
        "payment_method_details": {"type": details["type"], **({"card": {
            "brand": card["brand"], "network": card["brand"], "case_type": case, "network_reason_code": code}}
            if card else {})}}


def _eligibility(row: Row) -> Row:
    first = {"visa_compelling_evidence_3": {"required_actions": ["missing_customer_identifiers"],
                                            "status": "requires_action"}}
    return {name: first.get(name, {"status": "requires_fee_acknowledgement"})
            for name in row["enhanced_eligibility_types"]}


async def get(ctx: Context, id: str) -> Row:
    """The Dispute object; raises NotFound."""
    return await resources.get(ctx, DISPUTE, id, "dispute")


async def find(ctx: Context, params: Row) -> Row:
    """A page of disputes, newest first."""
    return await resources.find(ctx, DISPUTE, params)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Keep evidence and metadata; unless `submit` is false, evidence goes to the bank and the dispute is under review.

    Writes charge.dispute.updated. Raises InvalidRequest once the bank has the evidence.
    """
    row = await resources.lock(ctx, tx, DISPUTE, id, "dispute")
    changes: Row = {}
    if "metadata" in params:
        changes["metadata"] = params["metadata"]
    if "evidence" in params:
        if row["status"] not in _OPEN:
            raise InvalidRequest(f"The evidence of this dispute can no longer be changed: its status is "
                                 f"{row['status']}.", code="dispute_evidence_submitted", param="evidence")
        for name in FILES:
            if params["evidence"].get(name):
                await files.require(ctx, tx, params["evidence"][name], "dispute_evidence", f"evidence[{name}]")
        evidence = merged(row["evidence"], params["evidence"])
        if sum(len(text) for text in evidence.values()) > EVIDENCE_MAX:
            raise InvalidRequest(f"The evidence of a dispute has at most {EVIDENCE_MAX:,} characters in all.",
                                 code="parameter_invalid_string_length", param="evidence")
        changes["evidence"] = evidence
    if params.get("submit", "evidence" in params) and row["status"] in _OPEN:
        status = "warning_under_review" if row["status"].startswith("warning") else "under_review"
        changes |= {"status": status, "submission_count": row["submission_count"] + 1}
    return await resources.save(ctx, tx, DISPUTE, row, changes)
