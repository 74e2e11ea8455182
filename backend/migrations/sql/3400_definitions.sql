-- Which text of each function and view is in force (backend/migrations/definitions.py). Of no merchant, as the revision.
CREATE TABLE core.definition (
  file       text PRIMARY KEY,
  hash       text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp());
GRANT SELECT ON core.definition TO farthing_app, farthing_vault, farthing_auditor;
