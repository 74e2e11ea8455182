-- What a price costs never changes, whoever asks.
CREATE OR REPLACE FUNCTION pay.t_price_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF (SELECT bool_or(NEW.doc->name IS DISTINCT FROM OLD.doc->name) FROM unnest(ARRAY['currency', 'unit_amount_decimal',
        'tiers', 'tiers_mode', 'billing_scheme', 'transform_quantity', 'custom_unit_amount', 'recurring', 'product'])
        AS fixed(name))
    OR EXISTS (SELECT FROM jsonb_each(OLD.doc->'currency_options') AS had(code, terms)
                WHERE (NEW.doc #> ARRAY['currency_options', had.code]) - 'tax_behavior'
                      IS DISTINCT FROM had.terms - 'tax_behavior')
  THEN RAISE EXCEPTION 'immutable: the amount of a price' USING ERRCODE = '23001'; END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_price_fixed() FROM PUBLIC;
