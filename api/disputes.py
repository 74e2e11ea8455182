"""/v1/disputes and /v1/radar/early_fraud_warnings"""

from api.endpoint import Routes
from api.params import PAGE, Table
from api.plain import routes
from api.structures import Hash, Metadata, Range
from api.types import Boolean, Text
from backend.disputes import disputes, early_fraud_warnings
from backend.disputes.shapes import FILES, TEXTS

UPDATE = Table({
    "evidence": Hash({**{name: Text(max=20_000) for name in TEXTS}, **{name: Text(max=100) for name in FILES}}),
    "metadata": Metadata(), "submit": Boolean()})
_OF = {"charge": Text(max=100), "payment_intent": Text(max=100)}
FIND = Table({**PAGE, **_OF, "created": Range()})
ROUTES: Routes = {
    **routes("/v1/disputes", disputes, "dispute", update=UPDATE, find=FIND),
    **routes("/v1/radar/early_fraud_warnings", early_fraud_warnings, "radar.early_fraud_warning", find=FIND),
}
