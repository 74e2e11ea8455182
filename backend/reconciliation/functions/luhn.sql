-- True when the digits pass the Luhn test of card numbers; for the books check S1, which looks where none may be.
CREATE OR REPLACE FUNCTION pay.luhn(p_digits text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT sum(CASE WHEN i % 2 = 1 THEN d WHEN d > 4 THEN 2 * d - 9 ELSE 2 * d END) % 10 = 0
    FROM (SELECT i, substr(reverse(p_digits), i, 1)::int AS d FROM generate_series(1, length(p_digits)) i) x $$;
REVOKE ALL ON FUNCTION pay.luhn(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.luhn(text) TO farthing_auditor;
