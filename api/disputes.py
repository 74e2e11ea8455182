"""/v1/disputes and /v1/radar/early_fraud_warnings"""

from api.endpoint import Routes
from api.plain import routes
from backend.disputes import disputes, early_fraud_warnings
from backend.disputes.shapes import FILES, TEXTS
from backend.fields.structures import Hash, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Id, Text

UPDATE = Table({
    "evidence": Hash({**{name: Text(max=20_000, unset=True) for name in TEXTS},
                      **{name: Id("file", unset=True) for name in FILES}}),
    "metadata": Metadata(), "submit": Boolean()})
_OF = {"charge": Id("charge"), "payment_intent": Id("payment_intent")}
FIND = Table({**PAGE, **_OF, "created": Range()})
ROUTES: Routes = {
    **routes("/v1/disputes", disputes, "dispute", update=UPDATE, find=FIND),
    **routes("/v1/radar/early_fraud_warnings", early_fraud_warnings, "radar.early_fraud_warning", find=FIND),
}
