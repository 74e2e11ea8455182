"""Networks: what an acquirer connector must do, and the connector that speaks ISO 8583."""
