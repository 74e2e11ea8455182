-- Customers whole: what invoices will need, tax ids, and a balance whose every change is a row.

ALTER TABLE pay.customer ADD COLUMN tax_exempt text CHECK (tax_exempt IN ('none', 'exempt', 'reverse')),
  ADD COLUMN invoice_settings jsonb, ADD COLUMN invoice_prefix text, ADD COLUMN next_invoice_sequence int,
  ADD COLUMN balance bigint, ADD COLUMN balance_changes int,
  ADD COLUMN currency text CHECK (currency = lower(currency));
CREATE INDEX customer_email ON pay.customer (env, email, created_at DESC, id DESC) WHERE email IS NOT NULL;

SELECT core.resource_table('tax_id'), core.resource_table('customer_balance_transaction');
SELECT set_config('app.env', '0', true);  -- a new foreign key looks at the rows that are there, through the policy
ALTER TABLE pay.tax_id ADD COLUMN customer_id text COLLATE "C" GENERATED ALWAYS AS (doc->>'customer') STORED,
  ADD FOREIGN KEY (env, customer_id) REFERENCES pay.customer (env, id);
CREATE INDEX tax_id_customer ON pay.tax_id (env, customer_id, created_at, id) WHERE deleted_at IS NULL;

-- What the merchant owes a customer (negative) or is owed (positive), change by change: numbered without gaps, each
-- with the balance that it led to.
ALTER TABLE pay.customer_balance_transaction
  ADD COLUMN customer_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (doc->>'customer') STORED,
  ADD COLUMN number int NOT NULL GENERATED ALWAYS AS ((doc->>'number')::int) STORED,
  ADD COLUMN amount bigint NOT NULL GENERATED ALWAYS AS ((doc->>'amount')::bigint) STORED,
  ADD COLUMN ending_balance bigint NOT NULL GENERATED ALWAYS AS ((doc->>'ending_balance')::bigint) STORED,
  ADD FOREIGN KEY (env, customer_id) REFERENCES pay.customer (env, id),
  ADD UNIQUE (env, customer_id, number), ADD CHECK (deleted_at IS NULL);
CREATE INDEX customer_balance_page ON pay.customer_balance_transaction (env, customer_id, created_at, id);

CREATE FUNCTION pay.t_balance_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF NEW.doc - 'metadata' - 'description' <> OLD.doc - 'metadata' - 'description' THEN
    RAISE EXCEPTION 'immutable: an adjustment of a customer balance' USING ERRCODE = '23001'; END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_balance_fixed() FROM PUBLIC;
CREATE TRIGGER fixed BEFORE UPDATE ON pay.customer_balance_transaction
  FOR EACH ROW EXECUTE FUNCTION pay.t_balance_fixed();
-- Money rows: who changed what is told for good, as for payments.
SELECT pay.keep_audit('pay.customer_balance_transaction', '{customer_id,number,amount,ending_balance}', '{doc}');
