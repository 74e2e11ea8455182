-- How far the clock of a test environment was set ahead of the system's; of all others NULL.
ALTER TABLE core.environment ADD COLUMN clock_ahead interval,
  ADD CONSTRAINT live_time_is_real CHECK (clock_ahead IS NULL OR mode <> 'live' AND clock_ahead >= '0');
CREATE INDEX environment_clock ON core.environment (id) WHERE clock_ahead IS NOT NULL;
GRANT UPDATE (clock_ahead) ON core.environment TO farthing_app;
