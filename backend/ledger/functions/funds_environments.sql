-- The environments with pending money; called by functions that may see them.
CREATE OR REPLACE FUNCTION pay.funds_environments() RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT DISTINCT a.env FROM account a WHERE a.kind = 'merchant_pending' AND a.credits > a.debits $$;
REVOKE ALL ON FUNCTION pay.funds_environments() FROM PUBLIC;
