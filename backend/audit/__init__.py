"""The audit trail: rows are written by triggers, sealed in blocks, and each block's head is kept outside as well."""
