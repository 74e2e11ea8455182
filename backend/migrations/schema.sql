-- What all revisions together make of an empty database. Written by `make schema`; do not edit.
-- Functions and views stand in the folders `functions/`.
CREATE TABLE pay.audit_block (
    env bigint NOT NULL,
    number integer NOT NULL,
    xid_from xid8 NOT NULL,
    xid_to xid8 NOT NULL,
    audits integer NOT NULL,
    transfers integer NOT NULL,
    prev bytea NOT NULL,
    hash bytea NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    no_from bigint,
    no_to bigint,
    CONSTRAINT audit_block_check CHECK ((xid_to > xid_from)),
    CONSTRAINT audit_block_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_block_numbers CHECK ((((no_from IS NULL) = (no_to IS NULL)) AND (no_to > no_from)))
);
ALTER TABLE ONLY pay.audit_block FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.audit_edge (
    env bigint NOT NULL,
    server bigint NOT NULL,
    number integer NOT NULL,
    sealed bigint NOT NULL,
    floor xid8 NOT NULL,
    drawn bigint,
    over xid8,
    since xid8,
    CONSTRAINT audit_edge_check CHECK ((((drawn IS NULL) = (over IS NULL)) AND ((drawn IS NULL) = (since IS NULL))))
)
WITH (fillfactor='50');
ALTER TABLE ONLY pay.audit_edge FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.brake (
    env bigint NOT NULL,
    kind text NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    declined integer DEFAULT 0 NOT NULL,
    approved integer DEFAULT 0 NOT NULL,
    underway integer DEFAULT 0 NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    alarm_until timestamp with time zone,
    CONSTRAINT brake_approved_check CHECK ((approved >= 0)),
    CONSTRAINT brake_declined_check CHECK ((declined >= 0)),
    CONSTRAINT brake_key_check CHECK (((length(key) >= 1) AND (length(key) <= 100))),
    CONSTRAINT brake_kind_check CHECK ((kind = ANY (ARRAY['payment'::text, 'card'::text, 'block'::text, 'bin'::text, 'link'::text, 'merchant'::text]))),
    CONSTRAINT brake_underway_check CHECK ((underway >= 0))
)
WITH (fillfactor='70');
ALTER TABLE ONLY pay.brake FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.endpoint (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    url text NOT NULL,
    description text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    api_version text,
    connect boolean,
    enabled boolean DEFAULT true NOT NULL,
    enabled_since timestamp with time zone NOT NULL,
    enabled_events text[] NOT NULL,
    previous_events text[] DEFAULT '{}'::text[] NOT NULL,
    previous_since timestamp with time zone,
    profile text DEFAULT 'stripe'::text NOT NULL,
    attempts_max integer NOT NULL,
    standard_headers boolean DEFAULT true NOT NULL,
    secrets jsonb NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    disabled_reason text,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    probe_at timestamp with time zone,
    CONSTRAINT endpoint_attempts_max_check CHECK ((attempts_max > 0)),
    CONSTRAINT endpoint_check CHECK (((deleted_at IS NULL) OR (NOT enabled))),
    CONSTRAINT endpoint_enabled_events_check CHECK ((cardinality(enabled_events) > 0)),
    CONSTRAINT endpoint_profile_check CHECK ((profile = ANY (ARRAY['stripe'::text, 'stripe_sandbox'::text, 'd0'::text, 'd1'::text]))),
    CONSTRAINT endpoint_url_check CHECK ((length(url) <= 2048))
);
ALTER TABLE ONLY pay.endpoint FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.event (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL,
    object_id text NOT NULL COLLATE pg_catalog."C",
    object_seq integer NOT NULL,
    api_version text NOT NULL,
    data text NOT NULL,
    previous_attributes text,
    request_id text,
    idempotency_key text,
    created_at timestamp with time zone NOT NULL
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY pay.event FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.outbox (
    env bigint NOT NULL,
    id bigint NOT NULL,
    event_id text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    dispatched_at timestamp with time zone,
    awaits text[]
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000');
ALTER TABLE ONLY pay.outbox FORCE ROW LEVEL SECURITY;
CREATE TABLE core.api_key (
    id text NOT NULL COLLATE pg_catalog."C",
    env bigint NOT NULL,
    kind text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    hash bytea NOT NULL,
    prefix text NOT NULL,
    last4 text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    permissions jsonb DEFAULT '{}'::jsonb NOT NULL,
    allowed_ips text[] DEFAULT '{}'::text[] NOT NULL,
    last_used_ip text,
    rolled_to text COLLATE pg_catalog."C",
    sealed text,
    shown_at timestamp with time zone,
    CONSTRAINT api_key_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT api_key_kind_check CHECK ((kind = ANY (ARRAY['secret'::text, 'publishable'::text, 'restricted'::text]))),
    CONSTRAINT only_test_keys_are_kept CHECK (((sealed IS NULL) OR (prefix ~ '^[a-z]{2}_test_$'::text)))
);
CREATE TABLE core.member (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL,
    email text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    password_hash text NOT NULL,
    role text DEFAULT 'owner'::text NOT NULL,
    failed_logins integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT member_email_check CHECK ((email = lower(email))),
    CONSTRAINT member_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'administrator'::text, 'developer'::text, 'support'::text, 'viewer'::text])))
);
CREATE TABLE vault.bank_account (
    env bigint NOT NULL,
    token text NOT NULL COLLATE pg_catalog."C",
    account text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    facts jsonb NOT NULL,
    CONSTRAINT bank_account_sealed_check CHECK (((length(sealed) >= 32) AND (length(sealed) <= 62)))
);
ALTER TABLE ONLY vault.bank_account FORCE ROW LEVEL SECURITY;
CREATE TABLE vault.card (
    env bigint NOT NULL,
    token text NOT NULL COLLATE pg_catalog."C",
    account text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    last4 character(4) NOT NULL,
    brand text NOT NULL,
    exp_month smallint NOT NULL,
    exp_year smallint NOT NULL,
    country character(2) NOT NULL,
    funding text NOT NULL,
    fingerprint character(16) NOT NULL COLLATE pg_catalog."C",
    networks jsonb NOT NULL,
    three_ds text NOT NULL,
    allow_redisplay text NOT NULL,
    billing_details jsonb NOT NULL,
    metadata jsonb NOT NULL,
    iin text,
    renewals integer DEFAULT 0 NOT NULL,
    CONSTRAINT card_allow_redisplay_check CHECK ((allow_redisplay = ANY (ARRAY['always'::text, 'limited'::text, 'unspecified'::text]))),
    CONSTRAINT card_brand_check CHECK ((brand = ANY (ARRAY['visa'::text, 'mastercard'::text, 'amex'::text, 'discover'::text, 'diners'::text, 'jcb'::text, 'unionpay'::text, 'eftpos_au'::text, 'unknown'::text]))),
    CONSTRAINT card_exp_month_check CHECK (((exp_month >= 1) AND (exp_month <= 12))),
    CONSTRAINT card_funding_check CHECK ((funding = ANY (ARRAY['credit'::text, 'debit'::text, 'prepaid'::text, 'unknown'::text]))),
    CONSTRAINT card_sealed_check CHECK (((length(sealed) >= 40) AND (length(sealed) <= 47))),
    CONSTRAINT card_three_ds_check CHECK ((three_ds = ANY (ARRAY['required'::text, 'required_on_setup'::text, 'set_up'::text, 'optional'::text, 'not_enrolled'::text, 'not_supported'::text])))
);
ALTER TABLE ONLY vault.card FORCE ROW LEVEL SECURITY;
CREATE TABLE vault.key (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    month date NOT NULL,
    state text NOT NULL,
    wrapped bytea,
    kek text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    active_at timestamp with time zone,
    retire_by timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    CONSTRAINT key_check CHECK (((state = 'destroyed'::text) = (wrapped IS NULL))),
    CONSTRAINT key_check1 CHECK (((state = 'destroyed'::text) = (destroyed_at IS NOT NULL))),
    CONSTRAINT key_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT key_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'active'::text, 'decrypt_only'::text, 'destroyed'::text])))
);
ALTER TABLE ONLY vault.key FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.checkout_session (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL,
    payment_status text DEFAULT 'unpaid'::text NOT NULL,
    step integer DEFAULT 0 NOT NULL,
    mode text DEFAULT 'payment'::text NOT NULL,
    ui_mode text DEFAULT 'hosted_page'::text NOT NULL,
    currency character(3),
    amount_total bigint,
    customer_id text COLLATE pg_catalog."C",
    customer_email text,
    client_reference_id text,
    success_url text,
    cancel_url text,
    submit_type text,
    locale text,
    billing_address_collection text,
    payment_intent_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    customer_details jsonb,
    payment_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    amount_subtotal bigint,
    amount_discount bigint,
    discount jsonb,
    tries integer,
    customer_creation text,
    payment_link_id text COLLATE pg_catalog."C",
    setup_intent_id text COLLATE pg_catalog."C",
    setup_intent_data jsonb,
    asks jsonb,
    tried jsonb,
    collected jsonb,
    own_customer boolean,
    lines jsonb,
    shipping_rate_id text COLLATE pg_catalog."C",
    amount_shipping bigint,
    wrong_codes integer,
    CONSTRAINT checkout_session_amount_discount_check CHECK ((amount_discount >= 0)),
    CONSTRAINT checkout_session_amount_shipping_check CHECK ((amount_shipping >= 0)),
    CONSTRAINT checkout_session_amount_total_check CHECK ((amount_total > 0)),
    CONSTRAINT checkout_session_billing_address_collection_check CHECK ((billing_address_collection = ANY (ARRAY['auto'::text, 'required'::text]))),
    CONSTRAINT checkout_session_check1 CHECK (((payment_status <> 'paid'::text) OR (status = 'complete'::text))),
    CONSTRAINT checkout_session_currency_check CHECK (((currency)::text = lower((currency)::text))),
    CONSTRAINT checkout_session_customer_creation_check CHECK ((customer_creation = ANY (ARRAY['always'::text, 'if_required'::text]))),
    CONSTRAINT checkout_session_payment_status_check CHECK ((payment_status = ANY (ARRAY['unpaid'::text, 'paid'::text, 'no_payment_required'::text]))),
    CONSTRAINT checkout_session_status_check CHECK ((status = ANY (ARRAY['open'::text, 'complete'::text, 'expired'::text]))),
    CONSTRAINT checkout_session_submit_type_check CHECK ((submit_type = ANY (ARRAY['auto'::text, 'book'::text, 'donate'::text, 'pay'::text]))),
    CONSTRAINT checkout_session_tries_check CHECK ((tries >= 0)),
    CONSTRAINT checkout_session_ui_mode_check CHECK ((ui_mode = 'hosted_page'::text)),
    CONSTRAINT checkout_session_wrong_codes_check CHECK ((wrong_codes >= 0)),
    CONSTRAINT complete_is_whole CHECK (((status <> 'complete'::text) OR ((completed_at IS NOT NULL) AND ((payment_id IS NOT NULL) OR (setup_intent_id IS NOT NULL))))),
    CONSTRAINT mode_has_its_own CHECK (
CASE mode
    WHEN 'payment'::text THEN ((currency IS NOT NULL) AND (amount_total IS NOT NULL) AND (setup_intent_id IS NULL))
    WHEN 'setup'::text THEN ((amount_total IS NULL) AND (payment_id IS NULL))
    ELSE false
END),
    CONSTRAINT session_total CHECK ((amount_total = ((amount_subtotal - amount_discount) + COALESCE(amount_shipping, (0)::bigint)))),
    CONSTRAINT shipping_is_offered CHECK ((((shipping_rate_id IS NULL) AND (amount_shipping IS NULL)) OR COALESCE(((asks -> 'shipping_options'::text) @> jsonb_build_array(jsonb_build_object('shipping_rate', shipping_rate_id, 'shipping_amount', amount_shipping))), false)))
)
WITH (fillfactor='80');
ALTER TABLE ONLY pay.checkout_session FORCE ROW LEVEL SECURITY;
CREATE TABLE core.account (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    country character(2) DEFAULT 'US'::bpchar NOT NULL,
    currency character(3) DEFAULT 'usd'::bpchar NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    api_version text
);
CREATE TABLE core.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE core.definition (
    file text NOT NULL,
    hash text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT definition_hash_check CHECK ((hash ~ '^[0-9a-f]{64}$'::text))
);
CREATE TABLE core.environment (
    id bigint NOT NULL,
    account_id text NOT NULL,
    mode text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    try_twice boolean DEFAULT true NOT NULL,
    rate_tier text,
    clock_ahead interval,
    receipts boolean DEFAULT true NOT NULL,
    CONSTRAINT environment_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text, 'sandbox'::text]))),
    CONSTRAINT live_time_is_real CHECK (((clock_ahead IS NULL) OR ((mode <> 'live'::text) AND (clock_ahead >= '00:00:00'::interval))))
);
ALTER TABLE core.environment ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.environment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.login (
    token_hash bytea NOT NULL,
    member_id text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    user_agent text DEFAULT ''::text NOT NULL,
    CONSTRAINT login_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE TABLE core.tally (
    name bytea NOT NULL,
    count integer NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT tally_name_check CHECK ((length(name) = 32))
)
WITH (fillfactor='70');
CREATE TABLE pay.account (
    env bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    stripe integer DEFAULT 0 NOT NULL,
    currency character(3) NOT NULL,
    floor_zero boolean NOT NULL,
    debits bigint DEFAULT 0 NOT NULL,
    credits bigint DEFAULT 0 NOT NULL,
    pending_debits bigint DEFAULT 0 NOT NULL,
    pending_credits bigint DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    CONSTRAINT account_check CHECK (((NOT floor_zero) OR (((credits - debits) - pending_debits) >= 0))),
    CONSTRAINT account_credits_check CHECK ((credits >= 0)),
    CONSTRAINT account_debits_check CHECK ((debits >= 0)),
    CONSTRAINT account_kind_check CHECK ((kind = ANY (ARRAY['acquirer_clearing'::text, 'bank_cash'::text, 'merchant_pending'::text, 'merchant_available'::text, 'reserve'::text, 'merchant_debt'::text, 'fee_revenue'::text, 'acquirer_cost'::text, 'losses'::text, 'payout_clearing'::text, 'dispute_hold'::text, 'fx_clearing'::text, 'fx_gain_loss'::text, 'inter_clearing'::text]))),
    CONSTRAINT account_pending_credits_check CHECK ((pending_credits >= 0)),
    CONSTRAINT account_pending_debits_check CHECK ((pending_debits >= 0))
)
WITH (fillfactor='50');
ALTER TABLE ONLY pay.account FORCE ROW LEVEL SECURITY;
ALTER TABLE pay.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE pay.account_profile (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT account_profile_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.account_profile FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.acquirer_record (
    env bigint NOT NULL,
    connector text NOT NULL,
    network_key text NOT NULL COLLATE pg_catalog."C",
    acquirer_ref text,
    kind text NOT NULL,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    status text NOT NULL,
    imported_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT acquirer_record_currency_check CHECK (((currency)::text = lower((currency)::text))),
    CONSTRAINT acquirer_record_kind_check CHECK ((kind = ANY (ARRAY['authorize'::text, 'sale'::text, 'increment'::text, 'capture'::text, 'refund'::text, 'void'::text, 'chargeback'::text, 'chargeback_reversal'::text, 'refund_return'::text, 'settlement'::text, 'verify'::text]))),
    CONSTRAINT acquirer_record_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'declined'::text, 'reversed'::text, 'tombstone'::text])))
);
ALTER TABLE ONLY pay.acquirer_record FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.attempt (
    env bigint NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    payment_id text COLLATE pg_catalog."C",
    refund_id text COLLATE pg_catalog."C",
    payout_id text COLLATE pg_catalog."C",
    kind text NOT NULL,
    number smallint NOT NULL,
    status text NOT NULL,
    step integer DEFAULT 1 NOT NULL,
    network_key text NOT NULL,
    original_key text,
    connector text NOT NULL,
    acquirer_ref text,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    charge_id text COLLATE pg_catalog."C",
    payment_method_id text COLLATE pg_catalog."C",
    three_d_secure jsonb,
    answer jsonb,
    note text,
    idempotency_key text,
    actor text,
    request_id text,
    sent_at timestamp with time zone DEFAULT now() NOT NULL,
    next_check_at timestamp with time zone,
    check_no smallint DEFAULT 0 NOT NULL,
    leased_until timestamp with time zone,
    cancel_sent_at timestamp with time zone,
    published boolean,
    answers text,
    mandate_id text COLLATE pg_catalog."C",
    asked jsonb,
    sent_again smallint,
    brake jsonb,
    CONSTRAINT attempt_amount_check CHECK (
CASE
    WHEN (kind = 'verify'::text) THEN ((amount = 0) AND (payment_id IS NULL) AND (payment_method_id IS NOT NULL))
    ELSE (amount > 0)
END),
    CONSTRAINT attempt_answers_check CHECK ((answers = ANY (ARRAY['charge'::text, 'refund'::text]))),
    CONSTRAINT attempt_check CHECK (((status <> ALL (ARRAY['sent'::text, 'unknown'::text])) OR (next_check_at IS NOT NULL))),
    CONSTRAINT attempt_check1 CHECK (((status <> 'approved'::text) OR (acquirer_ref IS NOT NULL))),
    CONSTRAINT attempt_check2 CHECK (((kind = 'refund'::text) = (refund_id IS NOT NULL))),
    CONSTRAINT attempt_kind_check CHECK ((kind = ANY (ARRAY['authorize'::text, 'sale'::text, 'increment'::text, 'capture'::text, 'void'::text, 'refund'::text, 'payout'::text, 'verify'::text]))),
    CONSTRAINT attempt_sent_again_check CHECK ((sent_again >= 0)),
    CONSTRAINT attempt_status_check CHECK ((status = ANY (ARRAY['sent'::text, 'unknown'::text, 'manual'::text, 'approved'::text, 'declined'::text, 'failed'::text, 'reversed'::text])))
)
WITH (fillfactor='70');
ALTER TABLE ONLY pay.attempt FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.audit (
    env bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    request_id text NOT NULL,
    login text DEFAULT SESSION_USER NOT NULL,
    tbl text NOT NULL,
    op text NOT NULL,
    row_id text NOT NULL COLLATE pg_catalog."C",
    body jsonb NOT NULL,
    CONSTRAINT audit_op_check CHECK ((op = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text, 'TRUNCATE'::text])))
);
ALTER TABLE ONLY pay.audit FORCE ROW LEVEL SECURITY;
ALTER TABLE pay.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE pay.authentication (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    payment_method_id text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL,
    step integer DEFAULT 0 NOT NULL,
    three_ds_server_trans_id text NOT NULL,
    acs_transaction_id text,
    ds_transaction_id text,
    acs_url text,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    trans_status text,
    eci text,
    cavv text,
    return_url text,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    brake jsonb,
    CONSTRAINT authentication_status_check CHECK ((status = ANY (ARRAY['challenge'::text, 'succeeded'::text, 'failed'::text])))
);
ALTER TABLE ONLY pay.authentication FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.charge (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    amount_captured bigint DEFAULT 0 NOT NULL,
    amount_refunded bigint DEFAULT 0 NOT NULL,
    status text NOT NULL,
    step integer DEFAULT 1 NOT NULL,
    captured boolean DEFAULT false NOT NULL,
    refunded boolean DEFAULT false NOT NULL,
    failure_code text,
    failure_message text,
    outcome jsonb,
    payment_method_details jsonb,
    billing_details jsonb,
    customer_id text COLLATE pg_catalog."C",
    payment_method_id text COLLATE pg_catalog."C",
    acquirer_ref text,
    authorization_code text,
    network_transaction_id text,
    actor text,
    request_id text,
    created_at timestamp with time zone NOT NULL,
    own jsonb,
    scenario text,
    disputed boolean,
    receipt_number text,
    CONSTRAINT charge_amount_check CHECK ((amount > 0)),
    CONSTRAINT charge_check CHECK (((amount_captured >= 0) AND (amount_captured <= amount))),
    CONSTRAINT charge_check1 CHECK (((amount_refunded >= 0) AND (amount_refunded <= amount))),
    CONSTRAINT charge_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
)
WITH (fillfactor='80');
ALTER TABLE ONLY pay.charge FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.payment (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    status text NOT NULL,
    step integer DEFAULT 1 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    refund_reserved bigint DEFAULT 0 NOT NULL,
    amount_capturable bigint DEFAULT 0 NOT NULL,
    capture_method text DEFAULT 'automatic'::text NOT NULL,
    confirmation_method text DEFAULT 'automatic'::text NOT NULL,
    client_secret text NOT NULL,
    customer_id text COLLATE pg_catalog."C",
    payment_method_id text COLLATE pg_catalog."C",
    latest_charge_id text COLLATE pg_catalog."C",
    checkout_session_id text COLLATE pg_catalog."C",
    description text,
    receipt_email text,
    statement_descriptor text,
    statement_descriptor_suffix text,
    setup_future_usage text,
    transfer_group text,
    return_url text,
    shipping jsonb,
    payment_method_types text[] DEFAULT '{card}'::text[] NOT NULL,
    automatic_payment_methods jsonb,
    payment_method_options jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_payment_error jsonb,
    next_action jsonb,
    last_attempt jsonb,
    actor text,
    request_id text,
    cancellation_reason text,
    canceled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    shipping_actor_id text,
    CONSTRAINT payment_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_capture_method_check CHECK ((capture_method = ANY (ARRAY['automatic'::text, 'automatic_async'::text, 'manual'::text]))),
    CONSTRAINT payment_check CHECK (((captured >= 0) AND (captured <= amount))),
    CONSTRAINT payment_check1 CHECK (((refund_reserved >= 0) AND (refund_reserved <= captured))),
    CONSTRAINT payment_check2 CHECK (((amount_capturable >= 0) AND (amount_capturable <= amount))),
    CONSTRAINT payment_confirmation_method_check CHECK ((confirmation_method = ANY (ARRAY['automatic'::text, 'manual'::text]))),
    CONSTRAINT payment_currency_check CHECK (((currency)::text = lower((currency)::text))),
    CONSTRAINT payment_setup_future_usage_check CHECK ((setup_future_usage = ANY (ARRAY['on_session'::text, 'off_session'::text]))),
    CONSTRAINT payment_status_check CHECK ((status = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text, 'processing'::text, 'requires_capture'::text, 'canceled'::text, 'succeeded'::text])))
)
WITH (fillfactor='70');
ALTER TABLE ONLY pay.payment FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.refund (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    charge_id text NOT NULL COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    status text NOT NULL,
    step integer DEFAULT 1 NOT NULL,
    reason text,
    pending_reason text,
    failure_reason text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    customer_id text COLLATE pg_catalog."C",
    payment_method_id text COLLATE pg_catalog."C",
    acquirer_ref text,
    actor text,
    request_id text,
    created_at timestamp with time zone NOT NULL,
    next_check_at timestamp with time zone,
    leased_until timestamp with time zone,
    method_type text,
    released boolean,
    receipt_number text,
    CONSTRAINT refund_amount_check CHECK ((amount > 0)),
    CONSTRAINT refund_check CHECK (((pending_reason IS NULL) OR (status = 'pending'::text))),
    CONSTRAINT refund_check1 CHECK (((status = 'failed'::text) = (failure_reason IS NOT NULL))),
    CONSTRAINT refund_check2 CHECK (((pending_reason IS DISTINCT FROM 'insufficient_funds'::text) OR (next_check_at IS NOT NULL))),
    CONSTRAINT refund_currency_check CHECK (((currency)::text = lower((currency)::text))),
    CONSTRAINT refund_pending_reason_check CHECK ((pending_reason = ANY (ARRAY['processing'::text, 'insufficient_funds'::text, 'charge_pending'::text]))),
    CONSTRAINT refund_reason_check CHECK ((reason = ANY (ARRAY['duplicate'::text, 'fraudulent'::text, 'requested_by_customer'::text, 'expired_uncaptured_charge'::text]))),
    CONSTRAINT refund_released_check CHECK (((released IS NOT TRUE) OR (acquirer_ref IS NULL))),
    CONSTRAINT refund_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'requires_action'::text, 'succeeded'::text, 'failed'::text, 'canceled'::text])))
)
WITH (fillfactor='70');
ALTER TABLE ONLY pay.refund FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.transfer (
    env bigint NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    group_id uuid NOT NULL,
    debit_id bigint NOT NULL,
    credit_id bigint NOT NULL,
    currency character(3) NOT NULL,
    amount bigint NOT NULL,
    code text NOT NULL,
    ref_id text NOT NULL COLLATE pg_catalog."C",
    leg smallint DEFAULT 0 NOT NULL,
    debit_version bigint NOT NULL,
    credit_version bigint NOT NULL,
    debit_after bigint NOT NULL,
    credit_after bigint NOT NULL,
    reverses uuid,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    no bigint DEFAULT nextval('pay.audit_id_seq'::regclass),
    CONSTRAINT transfer_amount_check CHECK ((amount > 0)),
    CONSTRAINT transfer_check CHECK ((debit_id <> credit_id))
);
ALTER TABLE ONLY pay.transfer FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.checkout_line_item (
    env bigint NOT NULL,
    session_id text NOT NULL COLLATE pg_catalog."C",
    seq smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    price_id text NOT NULL COLLATE pg_catalog."C",
    product_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    description text,
    images text[] DEFAULT '{}'::text[] NOT NULL,
    quantity bigint NOT NULL,
    unit_amount bigint,
    currency character(3) NOT NULL,
    amount_total bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    amount_subtotal bigint,
    amount_discount bigint,
    metadata jsonb,
    adjustable_quantity jsonb,
    CONSTRAINT checkout_line_item_amount_discount_check CHECK ((amount_discount >= 0)),
    CONSTRAINT checkout_line_item_quantity_check CHECK ((quantity > 0)),
    CONSTRAINT checkout_line_item_unit_amount_check CHECK ((unit_amount >= 0)),
    CONSTRAINT line_total CHECK (((amount_total >= 0) AND ((amount_subtotal IS NOT NULL) OR (unit_amount IS NOT NULL)) AND (amount_total = (COALESCE(amount_subtotal, (unit_amount * quantity)) - COALESCE(amount_discount, (0)::bigint))))),
    CONSTRAINT quantity_within CHECK (((adjustable_quantity IS NULL) OR ((quantity >= ((adjustable_quantity ->> 'minimum'::text))::bigint) AND (quantity <= ((adjustable_quantity ->> 'maximum'::text))::bigint))))
);
ALTER TABLE ONLY pay.checkout_line_item FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.confirmation_token (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT confirmation_token_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.confirmation_token FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.coupon (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT coupon_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255))),
    CONSTRAINT redeemed_at_most CHECK ((((doc ->> 'max_redemptions'::text) IS NULL) OR (((doc ->> 'times_redeemed'::text))::bigint <= ((doc ->> 'max_redemptions'::text))::bigint)))
);
ALTER TABLE ONLY pay.coupon FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.customer (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    email text,
    name text,
    phone text,
    description text,
    address jsonb,
    shipping jsonb,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    preferred_locales text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    tax_exempt text,
    invoice_settings jsonb,
    invoice_prefix text,
    next_invoice_sequence integer,
    balance bigint,
    balance_changes integer,
    currency text,
    default_source text COLLATE pg_catalog."C",
    CONSTRAINT customer_currency_check CHECK ((currency = lower(currency))),
    CONSTRAINT customer_tax_exempt_check CHECK ((tax_exempt = ANY (ARRAY['none'::text, 'exempt'::text, 'reverse'::text])))
);
ALTER TABLE ONLY pay.customer FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.customer_balance_transaction (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    customer_id text GENERATED ALWAYS AS ((doc ->> 'customer'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    number integer GENERATED ALWAYS AS (((doc ->> 'number'::text))::integer) STORED NOT NULL,
    amount bigint GENERATED ALWAYS AS (((doc ->> 'amount'::text))::bigint) STORED NOT NULL,
    ending_balance bigint GENERATED ALWAYS AS (((doc ->> 'ending_balance'::text))::bigint) STORED NOT NULL,
    CONSTRAINT customer_balance_transaction_deleted_at_check CHECK ((deleted_at IS NULL)),
    CONSTRAINT customer_balance_transaction_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.customer_balance_transaction FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.delivery (
    env bigint NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    event_id text NOT NULL COLLATE pg_catalog."C",
    endpoint_id text NOT NULL COLLATE pg_catalog."C",
    status text DEFAULT 'pending'::text NOT NULL,
    body bytea NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    max_attempts integer NOT NULL,
    next_at timestamp with time zone,
    resend_at timestamp with time zone,
    last_status integer,
    due_at timestamp with time zone GENERATED ALWAYS AS (
CASE
    WHEN (status = 'pending'::text) THEN LEAST(next_at, resend_at)
    ELSE resend_at
END) STORED,
    leased_until timestamp with time zone,
    lease integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT delivery_check CHECK (((status = 'pending'::text) = (next_at IS NOT NULL))),
    CONSTRAINT delivery_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text, 'blocked'::text, 'canceled'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000');
ALTER TABLE ONLY pay.delivery FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.delivery_attempt (
    env bigint NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    manual boolean DEFAULT false NOT NULL,
    url text NOT NULL,
    request_headers jsonb NOT NULL,
    body_sha256 bytea NOT NULL,
    outcome text NOT NULL,
    status_code integer,
    error text,
    response_body bytea,
    latency_ms integer NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    CONSTRAINT delivery_attempt_outcome_check CHECK ((outcome = ANY (ARRAY['succeeded'::text, 'failed'::text, 'blocked'::text]))),
    CONSTRAINT delivery_attempt_response_body_check CHECK ((length(response_body) <= 65536))
);
ALTER TABLE ONLY pay.delivery_attempt FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.dispute (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    charge_id text GENERATED ALWAYS AS ((doc ->> 'charge'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    payment_id text GENERATED ALWAYS AS ((doc ->> 'payment_intent'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT dispute_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.dispute FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.due (
    env bigint NOT NULL,
    kind text NOT NULL,
    object_id text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone,
    lease integer DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY pay.due FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.early_fraud_warning (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    charge_id text GENERATED ALWAYS AS ((doc ->> 'charge'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    payment_id text GENERATED ALWAYS AS ((doc ->> 'payment_intent'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT early_fraud_warning_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.early_fraud_warning FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.file (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT file_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.file FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.file_link (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    file_id text GENERATED ALWAYS AS ((doc ->> 'file'::text)) STORED COLLATE pg_catalog."C",
    expires_at bigint GENERATED ALWAYS AS (((doc ->> 'expires_at'::text))::bigint) STORED,
    CONSTRAINT file_link_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.file_link FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.file_piece (
    env bigint NOT NULL,
    file_id text NOT NULL COLLATE pg_catalog."C",
    no integer NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT file_piece_content_check CHECK ((octet_length(content) > 0)),
    CONSTRAINT file_piece_no_check CHECK ((no >= 0))
);
ALTER TABLE ONLY pay.file_piece ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE ONLY pay.file_piece FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.funds (
    env bigint NOT NULL,
    seen uuid NOT NULL
);
ALTER TABLE ONLY pay.funds FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.history (
    env bigint NOT NULL,
    entity text NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    seq integer NOT NULL,
    from_s text NOT NULL,
    to_s text NOT NULL,
    actor text DEFAULT COALESCE(current_setting('app.actor'::text, true), ''::text) NOT NULL,
    request_id text DEFAULT COALESCE(current_setting('app.request'::text, true), ''::text) NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
ALTER TABLE ONLY pay.history FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.hold (
    env bigint NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    debit_id bigint NOT NULL,
    credit_id bigint NOT NULL,
    currency character(3) NOT NULL,
    amount bigint NOT NULL,
    code text NOT NULL,
    ref_id text NOT NULL COLLATE pg_catalog."C",
    leg smallint DEFAULT 0 NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    posted_amount bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT hold_amount_check CHECK ((amount > 0)),
    CONSTRAINT hold_check CHECK ((debit_id <> credit_id)),
    CONSTRAINT hold_check1 CHECK (
CASE status
    WHEN 'posted'::text THEN ((posted_amount >= 1) AND (posted_amount <= amount))
    ELSE (posted_amount IS NULL)
END),
    CONSTRAINT hold_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'posted'::text, 'voided'::text, 'expired'::text])))
);
ALTER TABLE ONLY pay.hold FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.idempotency (
    env bigint NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    recovery_point text DEFAULT 'started'::text NOT NULL,
    locked_until timestamp with time zone,
    response_code integer,
    response_body bytea,
    resource_id text COLLATE pg_catalog."C",
    request_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_check CHECK (((recovery_point = 'finished'::text) = (response_code IS NOT NULL))),
    CONSTRAINT idempotency_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    CONSTRAINT idempotency_recovery_point_check CHECK ((recovery_point = ANY (ARRAY['started'::text, 'finished'::text])))
)
WITH (fillfactor='10');
ALTER TABLE ONLY pay.idempotency FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.mail (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    object_id text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone,
    leased_until timestamp with time zone,
    lease integer DEFAULT 0 NOT NULL,
    answer text,
    sent_at timestamp with time zone,
    actor text,
    request_id text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT mail_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'sent'::text, 'failed'::text]))),
    CONSTRAINT sent_at_a_moment CHECK (((status = 'sent'::text) = (sent_at IS NOT NULL))),
    CONSTRAINT waits_for_a_moment CHECK (((status = 'waiting'::text) = (next_at IS NOT NULL)))
);
ALTER TABLE ONLY pay.mail FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.mandate (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    payment_method_id text GENERATED ALWAYS AS ((doc ->> 'payment_method'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT mandate_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.mandate FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.orphan (
    env bigint NOT NULL,
    connector text NOT NULL,
    network_key text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    amount bigint,
    currency character(3),
    found text NOT NULL,
    action text NOT NULL,
    payment_id text COLLATE pg_catalog."C",
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT orphan_action_check CHECK ((action = ANY (ARRAY['adopted'::text, 'undone'::text, 'refunded'::text, 'harmless'::text, 'person'::text]))),
    CONSTRAINT orphan_check CHECK (((action = 'adopted'::text) = (payment_id IS NOT NULL)))
);
ALTER TABLE ONLY pay.orphan FORCE ROW LEVEL SECURITY;
ALTER TABLE pay.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pay.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE pay.payment_link (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT payment_link_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255))),
    CONSTRAINT sold_at_most CHECK ((((doc ->> 'limit'::text) IS NULL) OR (((doc ->> 'taken'::text))::bigint <= ((doc ->> 'limit'::text))::bigint)))
);
ALTER TABLE ONLY pay.payment_link FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.payment_method (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    customer_id text COLLATE pg_catalog."C",
    type text DEFAULT 'card'::text NOT NULL,
    card jsonb,
    billing_details jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    allow_redisplay text DEFAULT 'unspecified'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    detached_at timestamp with time zone,
    set_up text,
    bank jsonb,
    used_at timestamp with time zone,
    CONSTRAINT payment_method_check CHECK (((type = 'card'::text) = (card IS NOT NULL))),
    CONSTRAINT payment_method_check1 CHECK (((type = 'card'::text) = (bank IS NULL))),
    CONSTRAINT payment_method_set_up_check CHECK ((set_up = ANY (ARRAY['on_session'::text, 'off_session'::text]))),
    CONSTRAINT payment_method_type_check CHECK ((type = ANY (ARRAY['card'::text, 'us_bank_account'::text, 'sepa_debit'::text])))
);
ALTER TABLE ONLY pay.payment_method FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.price (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    product_id text GENERATED ALWAYS AS ((doc ->> 'product'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    lookup_key text GENERATED ALWAYS AS ((doc ->> 'lookup_key'::text)) STORED COLLATE pg_catalog."C",
    CONSTRAINT price_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.price FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.product (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT product_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.product FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.promotion_code (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    coupon_id text GENERATED ALWAYS AS ((doc #>> '{promotion,coupon}'::text[])) STORED NOT NULL COLLATE pg_catalog."C",
    customer_id text GENERATED ALWAYS AS ((doc ->> 'customer'::text)) STORED COLLATE pg_catalog."C",
    CONSTRAINT promotion_code_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255))),
    CONSTRAINT redeemed_at_most CHECK ((((doc ->> 'max_redemptions'::text) IS NULL) OR (((doc ->> 'times_redeemed'::text))::bigint <= ((doc ->> 'max_redemptions'::text))::bigint)))
);
ALTER TABLE ONLY pay.promotion_code FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.request (
    env bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    method text NOT NULL,
    path text NOT NULL,
    status smallint NOT NULL,
    ms real NOT NULL,
    code text,
    key_id text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL,
    idempotency_key text,
    ip text NOT NULL,
    user_agent text NOT NULL,
    params text NOT NULL,
    answer text NOT NULL,
    objects text[] NOT NULL
)
PARTITION BY RANGE (at);
ALTER TABLE ONLY pay.request FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.request_object (
    env bigint NOT NULL,
    object_id text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C"
)
PARTITION BY RANGE (at);
ALTER TABLE ONLY pay.request_object FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.setup_attempt (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    setup_intent_id text GENERATED ALWAYS AS ((doc ->> 'setup_intent'::text)) STORED NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT setup_attempt_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.setup_attempt FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.setup_authentication (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT setup_authentication_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.setup_authentication FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.setup_intent (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    status text GENERATED ALWAYS AS ((doc ->> 'status'::text)) STORED NOT NULL,
    customer_id text GENERATED ALWAYS AS ((doc ->> 'customer'::text)) STORED COLLATE pg_catalog."C",
    payment_method_id text GENERATED ALWAYS AS ((doc ->> 'payment_method'::text)) STORED COLLATE pg_catalog."C",
    CONSTRAINT setup_intent_check CHECK (((status <> 'succeeded'::text) OR (payment_method_id IS NOT NULL))),
    CONSTRAINT setup_intent_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255))),
    CONSTRAINT setup_intent_status_check CHECK ((status = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text, 'processing'::text, 'canceled'::text, 'succeeded'::text])))
);
ALTER TABLE ONLY pay.setup_intent FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.shipping_rate (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT shipping_rate_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.shipping_rate FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.tax_id (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    customer_id text GENERATED ALWAYS AS ((doc ->> 'customer'::text)) STORED COLLATE pg_catalog."C",
    CONSTRAINT tax_id_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.tax_id FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.tax_rate (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT tax_rate_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.tax_rate FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.token (
    env bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    doc jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT token_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)))
);
ALTER TABLE ONLY pay.token FORCE ROW LEVEL SECURITY;
CREATE TABLE pay.transition (
    entity text NOT NULL,
    from_s text NOT NULL,
    to_s text NOT NULL
);
CREATE TABLE pay.verdict (
    env bigint NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    attempt_id uuid NOT NULL,
    said text NOT NULL,
    acquirer_ref text,
    reason text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT verdict_check CHECK (((said <> 'approved'::text) OR (acquirer_ref IS NOT NULL))),
    CONSTRAINT verdict_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
    CONSTRAINT verdict_said_check CHECK ((said = ANY (ARRAY['approved'::text, 'not_done'::text, 'to_undo'::text, 'undone'::text])))
);
ALTER TABLE ONLY pay.verdict FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY core.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY core.api_key
    ADD CONSTRAINT api_key_hash_key UNIQUE (hash);
ALTER TABLE ONLY core.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.definition
    ADD CONSTRAINT definition_pkey PRIMARY KEY (file);
ALTER TABLE ONLY core.environment
    ADD CONSTRAINT environment_account_id_mode_name_key UNIQUE (account_id, mode, name);
ALTER TABLE ONLY core.environment
    ADD CONSTRAINT environment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.login
    ADD CONSTRAINT login_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY core.member
    ADD CONSTRAINT member_email_key UNIQUE (email);
ALTER TABLE ONLY core.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (name);
ALTER TABLE ONLY pay.account
    ADD CONSTRAINT account_env_id_currency_key UNIQUE (env, id, currency);
ALTER TABLE ONLY pay.account
    ADD CONSTRAINT account_env_kind_currency_stripe_key UNIQUE (env, kind, currency, stripe);
ALTER TABLE ONLY pay.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.account_profile
    ADD CONSTRAINT account_profile_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.acquirer_record
    ADD CONSTRAINT acquirer_record_pkey PRIMARY KEY (env, connector, network_key);
ALTER TABLE ONLY pay.attempt
    ADD CONSTRAINT attempt_env_network_key_key UNIQUE (env, network_key);
ALTER TABLE ONLY pay.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.audit_block
    ADD CONSTRAINT audit_block_pkey PRIMARY KEY (env, number);
ALTER TABLE ONLY pay.audit_edge
    ADD CONSTRAINT audit_edge_pkey PRIMARY KEY (env);
ALTER TABLE ONLY pay.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (env, xid, id);
ALTER TABLE ONLY pay.authentication
    ADD CONSTRAINT authentication_env_three_ds_server_trans_id_key UNIQUE (env, three_ds_server_trans_id);
ALTER TABLE ONLY pay.authentication
    ADD CONSTRAINT authentication_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.brake
    ADD CONSTRAINT brake_pkey PRIMARY KEY (env, kind, key);
ALTER TABLE ONLY pay.charge
    ADD CONSTRAINT charge_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.checkout_line_item
    ADD CONSTRAINT checkout_line_item_env_id_key UNIQUE (env, id);
ALTER TABLE ONLY pay.checkout_line_item
    ADD CONSTRAINT checkout_line_item_pkey PRIMARY KEY (env, session_id, seq);
ALTER TABLE ONLY pay.checkout_session
    ADD CONSTRAINT checkout_session_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.confirmation_token
    ADD CONSTRAINT confirmation_token_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.coupon
    ADD CONSTRAINT coupon_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.customer_balance_transaction
    ADD CONSTRAINT customer_balance_transaction_env_customer_id_number_key UNIQUE (env, customer_id, number);
ALTER TABLE ONLY pay.customer_balance_transaction
    ADD CONSTRAINT customer_balance_transaction_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.delivery_attempt
    ADD CONSTRAINT delivery_attempt_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.delivery
    ADD CONSTRAINT delivery_env_event_id_endpoint_id_key UNIQUE (env, event_id, endpoint_id);
ALTER TABLE ONLY pay.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.dispute
    ADD CONSTRAINT dispute_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.due
    ADD CONSTRAINT due_pkey PRIMARY KEY (env, kind, object_id);
ALTER TABLE ONLY pay.early_fraud_warning
    ADD CONSTRAINT early_fraud_warning_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.endpoint
    ADD CONSTRAINT endpoint_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.event
    ADD CONSTRAINT event_env_object_id_object_seq_key UNIQUE (env, object_id, object_seq);
ALTER TABLE ONLY pay.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.file_link
    ADD CONSTRAINT file_link_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.file_piece
    ADD CONSTRAINT file_piece_pkey PRIMARY KEY (env, file_id, no);
ALTER TABLE ONLY pay.file
    ADD CONSTRAINT file_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.funds
    ADD CONSTRAINT funds_pkey PRIMARY KEY (env);
ALTER TABLE ONLY pay.history
    ADD CONSTRAINT history_pkey PRIMARY KEY (env, entity, id, seq);
ALTER TABLE ONLY pay.hold
    ADD CONSTRAINT hold_env_code_ref_id_leg_key UNIQUE (env, code, ref_id, leg);
ALTER TABLE ONLY pay.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (env, key);
ALTER TABLE ONLY pay.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.mandate
    ADD CONSTRAINT mandate_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.mail
    ADD CONSTRAINT one_mail_for_a_reason UNIQUE (env, reason, address);
ALTER TABLE ONLY pay.orphan
    ADD CONSTRAINT orphan_pkey PRIMARY KEY (env, connector, network_key, action);
ALTER TABLE ONLY pay.outbox
    ADD CONSTRAINT outbox_env_event_id_key UNIQUE (env, event_id);
ALTER TABLE ONLY pay.payment
    ADD CONSTRAINT payment_env_id_currency_key UNIQUE (env, id, currency);
ALTER TABLE ONLY pay.payment_link
    ADD CONSTRAINT payment_link_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.payment_method
    ADD CONSTRAINT payment_method_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.price
    ADD CONSTRAINT price_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.promotion_code
    ADD CONSTRAINT promotion_code_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (env, at, id);
ALTER TABLE ONLY pay.request_object
    ADD CONSTRAINT request_object_pkey PRIMARY KEY (env, object_id, at, id);
ALTER TABLE ONLY pay.setup_attempt
    ADD CONSTRAINT setup_attempt_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.setup_authentication
    ADD CONSTRAINT setup_authentication_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.setup_intent
    ADD CONSTRAINT setup_intent_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.shipping_rate
    ADD CONSTRAINT shipping_rate_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.tax_id
    ADD CONSTRAINT tax_id_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.tax_rate
    ADD CONSTRAINT tax_rate_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.transfer
    ADD CONSTRAINT transfer_env_code_ref_id_leg_key UNIQUE (env, code, ref_id, leg);
ALTER TABLE ONLY pay.transfer
    ADD CONSTRAINT transfer_env_credit_id_credit_version_key UNIQUE (env, credit_id, credit_version);
ALTER TABLE ONLY pay.transfer
    ADD CONSTRAINT transfer_env_debit_id_debit_version_key UNIQUE (env, debit_id, debit_version);
ALTER TABLE ONLY pay.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY pay.transition
    ADD CONSTRAINT transition_pkey PRIMARY KEY (entity, from_s, to_s);
ALTER TABLE ONLY pay.verdict
    ADD CONSTRAINT verdict_pkey PRIMARY KEY (env, id);
ALTER TABLE ONLY vault.bank_account
    ADD CONSTRAINT bank_account_pkey PRIMARY KEY (env, token);
ALTER TABLE ONLY vault.card
    ADD CONSTRAINT card_pkey PRIMARY KEY (env, token);
ALTER TABLE ONLY vault.key
    ADD CONSTRAINT key_pkey PRIMARY KEY (env, id);
CREATE INDEX api_key_env ON core.api_key USING btree (env);
CREATE INDEX environment_clock ON core.environment USING btree (id) WHERE (clock_ahead IS NOT NULL);
CREATE INDEX login_member ON core.login USING btree (member_id);
CREATE INDEX member_account ON core.member USING btree (account_id);
CREATE INDEX tally_over ON core.tally USING btree (until);
CREATE INDEX account_profile_page ON pay.account_profile USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX acquirer_ref_once ON pay.attempt USING btree (env, connector, acquirer_ref) WHERE (acquirer_ref IS NOT NULL);
CREATE INDEX attempt_due ON pay.attempt USING btree (env, next_check_at) WHERE (status = ANY (ARRAY['sent'::text, 'unknown'::text]));
CREATE INDEX attempt_manual ON pay.attempt USING btree (env, sent_at) WHERE (status = 'manual'::text);
CREATE UNIQUE INDEX attempt_number ON pay.attempt USING btree (env, payment_id, kind, number) WHERE (refund_id IS NULL);
CREATE INDEX attempt_verification ON pay.attempt USING btree (env, payment_method_id, number) WHERE (kind = 'verify'::text);
CREATE INDEX authentication_payment ON pay.authentication USING btree (env, payment_id);
CREATE INDEX brake_over ON pay.brake USING btree (env, ends_at);
CREATE INDEX charge_customer ON pay.charge USING btree (env, customer_id, created_at DESC, id DESC) WHERE (customer_id IS NOT NULL);
CREATE INDEX charge_newest ON pay.charge USING btree (env, created_at DESC, id DESC);
CREATE INDEX charge_payment ON pay.charge USING btree (env, payment_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX charge_receipt ON pay.charge USING btree (env, receipt_number) WHERE (receipt_number IS NOT NULL);
CREATE INDEX checkout_session_due ON pay.checkout_session USING btree (env, expires_at) WHERE (status = 'open'::text);
CREATE INDEX checkout_session_link ON pay.checkout_session USING btree (env, payment_link_id, created_at DESC, id DESC) WHERE (payment_link_id IS NOT NULL);
CREATE INDEX checkout_session_newest ON pay.checkout_session USING btree (env, created_at DESC, id DESC);
CREATE INDEX confirmation_token_page ON pay.confirmation_token USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX coupon_page ON pay.coupon USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX customer_balance_page ON pay.customer_balance_transaction USING btree (env, customer_id, created_at, id);
CREATE INDEX customer_balance_transaction_page ON pay.customer_balance_transaction USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX customer_email ON pay.customer USING btree (env, email, created_at DESC, id DESC) WHERE (email IS NOT NULL);
CREATE INDEX customer_newest ON pay.customer USING btree (env, created_at DESC, id DESC);
CREATE INDEX delivery_attempt_of ON pay.delivery_attempt USING btree (env, delivery_id, id);
CREATE INDEX delivery_due ON pay.delivery USING btree (env, endpoint_id, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX delivery_newest ON pay.delivery USING btree (env, endpoint_id, created_at DESC, id DESC);
CREATE INDEX delivery_resend ON pay.delivery USING btree (env, resend_at) WHERE (resend_at IS NOT NULL);
CREATE INDEX dispute_charge ON pay.dispute USING btree (env, charge_id);
CREATE INDEX dispute_page ON pay.dispute USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX dispute_payment ON pay.dispute USING btree (env, payment_id);
CREATE INDEX due_at ON pay.due USING btree (at, env, kind);
CREATE INDEX early_fraud_warning_charge ON pay.early_fraud_warning USING btree (env, charge_id);
CREATE INDEX early_fraud_warning_page ON pay.early_fraud_warning USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX early_fraud_warning_payment ON pay.early_fraud_warning USING btree (env, payment_id);
CREATE INDEX file_link_file ON pay.file_link USING btree (env, file_id, created_at DESC, id DESC);
CREATE INDEX file_link_page ON pay.file_link USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX file_page ON pay.file USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX hold_open ON pay.hold USING btree (env, created_at) WHERE (status = 'pending'::text);
CREATE INDEX idempotency_age ON pay.idempotency USING btree (env, created_at);
CREATE INDEX mail_about ON pay.mail USING btree (env, object_id);
CREATE INDEX mail_due ON pay.mail USING btree (env, next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX mail_sent ON pay.mail USING btree (env, sent_at) WHERE (sent_at IS NOT NULL);
CREATE INDEX mail_to ON pay.mail USING btree (env, lower(address), sent_at) WHERE (sent_at IS NOT NULL);
CREATE INDEX mandate_method ON pay.mandate USING btree (env, payment_method_id);
CREATE INDEX mandate_page ON pay.mandate USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX one_active_promotion_code ON pay.promotion_code USING btree (env, lower((doc ->> 'code'::text))) WHERE (((doc ->> 'active'::text) = 'true'::text) AND (deleted_at IS NULL));
CREATE UNIQUE INDEX one_live_authorisation ON pay.attempt USING btree (env, payment_id) WHERE ((kind = ANY (ARRAY['authorize'::text, 'sale'::text])) AND (status = ANY (ARRAY['sent'::text, 'unknown'::text, 'manual'::text, 'approved'::text])));
CREATE UNIQUE INDEX one_live_refund ON pay.attempt USING btree (env, refund_id) WHERE ((kind = 'refund'::text) AND (status = ANY (ARRAY['sent'::text, 'unknown'::text, 'manual'::text, 'approved'::text])));
CREATE UNIQUE INDEX one_open_operation ON pay.attempt USING btree (env, payment_id) WHERE ((kind = ANY (ARRAY['capture'::text, 'void'::text, 'increment'::text])) AND (status = ANY (ARRAY['sent'::text, 'unknown'::text, 'manual'::text])));
CREATE UNIQUE INDEX one_price_per_lookup_key ON pay.price USING btree (env, lookup_key) WHERE (lookup_key IS NOT NULL);
CREATE UNIQUE INDEX one_reversal ON pay.transfer USING btree (env, reverses) WHERE (reverses IS NOT NULL);
CREATE UNIQUE INDEX one_session_per_payment ON pay.checkout_session USING btree (env, payment_id) WHERE (payment_id IS NOT NULL);
CREATE UNIQUE INDEX one_session_per_setup ON pay.checkout_session USING btree (env, setup_intent_id) WHERE (setup_intent_id IS NOT NULL);
CREATE INDEX outbox_due ON pay.outbox USING btree (env, id) WHERE (dispatched_at IS NULL);
CREATE INDEX payment_customer ON pay.payment USING btree (env, customer_id, created_at DESC) WHERE (customer_id IS NOT NULL);
CREATE INDEX payment_link_ends ON pay.payment_link USING btree (env, id) WHERE (((doc ->> 'expires_at'::text) IS NOT NULL) AND ((doc ->> 'active'::text) = 'true'::text));
CREATE INDEX payment_link_page ON pay.payment_link USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX payment_method_customer ON pay.payment_method USING btree (env, customer_id, created_at DESC, id DESC);
CREATE INDEX payment_newest ON pay.payment USING btree (env, created_at DESC, id DESC);
CREATE INDEX price_page ON pay.price USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX price_product ON pay.price USING btree (env, product_id, created_at, id);
CREATE INDEX product_page ON pay.product USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX promotion_code_coupon ON pay.promotion_code USING btree (env, coupon_id);
CREATE INDEX promotion_code_page ON pay.promotion_code USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX refund_attempt_number ON pay.attempt USING btree (env, refund_id, number) WHERE (refund_id IS NOT NULL);
CREATE INDEX refund_charge ON pay.refund USING btree (env, charge_id, created_at DESC, id DESC);
CREATE INDEX refund_due ON pay.refund USING btree (env, next_check_at) WHERE (next_check_at IS NOT NULL);
CREATE INDEX refund_newest ON pay.refund USING btree (env, created_at DESC, id DESC);
CREATE INDEX refund_next ON pay.refund USING btree (next_check_at) WHERE (next_check_at IS NOT NULL);
CREATE INDEX refund_payment ON pay.refund USING btree (env, payment_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX refund_receipt ON pay.refund USING btree (env, receipt_number) WHERE (receipt_number IS NOT NULL);
CREATE INDEX request_id ON ONLY pay.request USING btree (env, id);
CREATE INDEX setup_attempt_intent ON pay.setup_attempt USING btree (env, setup_intent_id, created_at, id);
CREATE INDEX setup_attempt_page ON pay.setup_attempt USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX setup_authentication_page ON pay.setup_authentication USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX setup_intent_customer ON pay.setup_intent USING btree (env, customer_id, created_at, id);
CREATE INDEX setup_intent_method ON pay.setup_intent USING btree (env, payment_method_id, created_at, id);
CREATE INDEX setup_intent_page ON pay.setup_intent USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX shipping_rate_page ON pay.shipping_rate USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX tax_id_customer ON pay.tax_id USING btree (env, customer_id, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX tax_id_page ON pay.tax_id USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX tax_rate_page ON pay.tax_rate USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX token_page ON pay.token USING btree (env, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX transfer_sealed ON pay.transfer USING btree (env, xid);
CREATE INDEX verdict_of ON pay.verdict USING btree (env, attempt_id);
CREATE INDEX bank_account_key ON vault.bank_account USING btree (env, key_id);
CREATE INDEX card_key ON vault.card USING btree (env, key_id);
CREATE UNIQUE INDEX one_active_key ON vault.key USING btree (env) WHERE (state = 'active'::text);
CREATE TRIGGER audit_born AFTER INSERT ON core.account REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_core_account_born();
ALTER TABLE core.account ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON core.api_key REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_core_api_key_born();
ALTER TABLE core.api_key ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON core.environment REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_core_environment_born();
ALTER TABLE core.environment ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON core.member REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_core_member_born();
ALTER TABLE core.member ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON core.account FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE core.account ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON core.api_key FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE core.api_key ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON core.environment FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE core.environment ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON core.member FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE core.member ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_gone AFTER DELETE ON core.account FOR EACH ROW EXECUTE FUNCTION pay.audit_core_account_gone();
ALTER TABLE core.account ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON core.api_key FOR EACH ROW EXECUTE FUNCTION pay.audit_core_api_key_gone();
ALTER TABLE core.api_key ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON core.environment FOR EACH ROW EXECUTE FUNCTION pay.audit_core_environment_gone();
ALTER TABLE core.environment ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON core.member FOR EACH ROW EXECUTE FUNCTION pay.audit_core_member_gone();
ALTER TABLE core.member ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_moved AFTER UPDATE ON core.account FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_core_account_moved();
ALTER TABLE core.account ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON core.api_key FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_core_api_key_moved();
ALTER TABLE core.api_key ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON core.environment FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_core_environment_moved();
ALTER TABLE core.environment ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON core.member FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_core_member_moved();
ALTER TABLE core.member ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER sealed AFTER INSERT OR DELETE OR UPDATE ON core.api_key FOR EACH ROW EXECUTE FUNCTION pay.seal_core_api_key();
ALTER TABLE core.api_key ENABLE ALWAYS TRIGGER sealed;
CREATE TRIGGER sealed AFTER INSERT OR DELETE OR UPDATE ON core.member FOR EACH ROW EXECUTE FUNCTION pay.seal_core_member();
ALTER TABLE core.member ENABLE ALWAYS TRIGGER sealed;
CREATE TRIGGER audit_born AFTER INSERT ON pay.account REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_account_born();
ALTER TABLE pay.account ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.attempt REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_attempt_born();
ALTER TABLE pay.attempt ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.charge REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_charge_born();
ALTER TABLE pay.charge ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.customer_balance_transaction REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_customer_balance_transaction_born();
ALTER TABLE pay.customer_balance_transaction ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.endpoint REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_endpoint_born();
ALTER TABLE pay.endpoint ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.hold REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_hold_born();
ALTER TABLE pay.hold ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.mail REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_mail_born();
ALTER TABLE pay.mail ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.payment REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_payment_born();
ALTER TABLE pay.payment ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.refund REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_refund_born();
ALTER TABLE pay.refund ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_born AFTER INSERT ON pay.verdict REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_verdict_born();
ALTER TABLE pay.verdict ENABLE ALWAYS TRIGGER audit_born;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.account FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.account ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.attempt FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.attempt ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.charge FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.charge ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.customer_balance_transaction FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.customer_balance_transaction ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.endpoint FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.endpoint ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.hold FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.hold ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.mail FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.mail ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.payment FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.payment ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.refund FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.refund ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_emptied AFTER TRUNCATE ON pay.verdict FOR EACH STATEMENT EXECUTE FUNCTION pay.audit_emptied();
ALTER TABLE pay.verdict ENABLE ALWAYS TRIGGER audit_emptied;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.account FOR EACH ROW EXECUTE FUNCTION pay.audit_account_gone();
ALTER TABLE pay.account ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.attempt FOR EACH ROW EXECUTE FUNCTION pay.audit_attempt_gone();
ALTER TABLE pay.attempt ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.charge FOR EACH ROW EXECUTE FUNCTION pay.audit_charge_gone();
ALTER TABLE pay.charge ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.customer_balance_transaction FOR EACH ROW EXECUTE FUNCTION pay.audit_customer_balance_transaction_gone();
ALTER TABLE pay.customer_balance_transaction ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.endpoint FOR EACH ROW EXECUTE FUNCTION pay.audit_endpoint_gone();
ALTER TABLE pay.endpoint ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.hold FOR EACH ROW EXECUTE FUNCTION pay.audit_hold_gone();
ALTER TABLE pay.hold ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.mail FOR EACH ROW EXECUTE FUNCTION pay.audit_mail_gone();
ALTER TABLE pay.mail ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.payment FOR EACH ROW EXECUTE FUNCTION pay.audit_payment_gone();
ALTER TABLE pay.payment ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.refund FOR EACH ROW EXECUTE FUNCTION pay.audit_refund_gone();
ALTER TABLE pay.refund ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_gone AFTER DELETE ON pay.verdict FOR EACH ROW EXECUTE FUNCTION pay.audit_verdict_gone();
ALTER TABLE pay.verdict ENABLE ALWAYS TRIGGER audit_gone;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.account FOR EACH ROW WHEN ((((((((old.env IS DISTINCT FROM new.env) OR (old.id IS DISTINCT FROM new.id)) OR (old.kind IS DISTINCT FROM new.kind)) OR (old.stripe IS DISTINCT FROM new.stripe)) OR (old.currency IS DISTINCT FROM new.currency)) OR (old.floor_zero IS DISTINCT FROM new.floor_zero)) OR ((old.version = new.version) AND ((old.debits IS DISTINCT FROM new.debits) OR (old.credits IS DISTINCT FROM new.credits))))) EXECUTE FUNCTION pay.audit_account_moved();
ALTER TABLE pay.account ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.attempt FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_attempt_moved();
ALTER TABLE pay.attempt ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.charge FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_charge_moved();
ALTER TABLE pay.charge ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.customer_balance_transaction FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_customer_balance_transaction_moved();
ALTER TABLE pay.customer_balance_transaction ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.endpoint FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_endpoint_moved();
ALTER TABLE pay.endpoint ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.hold FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_hold_moved();
ALTER TABLE pay.hold ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.mail FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_mail_moved();
ALTER TABLE pay.mail ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.payment FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_payment_moved();
ALTER TABLE pay.payment ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.refund FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_refund_moved();
ALTER TABLE pay.refund ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER audit_moved AFTER UPDATE ON pay.verdict FOR EACH ROW WHEN (true) EXECUTE FUNCTION pay.audit_verdict_moved();
ALTER TABLE pay.verdict ENABLE ALWAYS TRIGGER audit_moved;
CREATE TRIGGER fixed BEFORE UPDATE ON pay.checkout_session FOR EACH ROW EXECUTE FUNCTION pay.t_session_fixed();
CREATE TRIGGER fixed BEFORE UPDATE ON pay.customer_balance_transaction FOR EACH ROW EXECUTE FUNCTION pay.t_balance_fixed();
CREATE TRIGGER fixed BEFORE UPDATE ON pay.price FOR EACH ROW EXECUTE FUNCTION pay.t_price_fixed();
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.audit FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.audit ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.audit_block FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.audit_block ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.checkout_line_item FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.checkout_line_item ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.event FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.event ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.history FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.history ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.orphan FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.orphan ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.transfer FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.transfer ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER imm BEFORE DELETE OR UPDATE ON pay.verdict FOR EACH ROW EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.verdict ENABLE ALWAYS TRIGGER imm;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.audit FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.audit ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.audit_block FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.audit_block ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.checkout_line_item FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.checkout_line_item ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.event FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.event ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.history FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.history ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.orphan FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.orphan ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.transfer FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.transfer ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER immt BEFORE TRUNCATE ON pay.verdict FOR EACH STATEMENT EXECUTE FUNCTION core.t_immutable();
ALTER TABLE pay.verdict ENABLE ALWAYS TRIGGER immt;
CREATE TRIGGER saves AFTER UPDATE ON pay.payment FOR EACH ROW WHEN (((new.setup_future_usage IS NOT NULL) AND (new.customer_id IS NOT NULL) AND (old.status = 'processing'::text) AND (new.status = ANY (ARRAY['succeeded'::text, 'requires_capture'::text])))) EXECUTE FUNCTION pay.t_payment_saves();
CREATE TRIGGER sealed AFTER INSERT OR DELETE OR UPDATE ON pay.endpoint FOR EACH ROW EXECUTE FUNCTION pay.seal_pay_endpoint();
ALTER TABLE pay.endpoint ENABLE ALWAYS TRIGGER sealed;
CREATE TRIGGER shipping_born BEFORE INSERT ON pay.payment FOR EACH ROW WHEN ((new.shipping IS NOT NULL)) EXECUTE FUNCTION pay.t_shipping();
CREATE TRIGGER shipping_moved BEFORE UPDATE OF shipping ON pay.payment FOR EACH ROW WHEN ((old.shipping IS DISTINCT FROM new.shipping)) EXECUTE FUNCTION pay.t_shipping();
CREATE TRIGGER state BEFORE INSERT OR UPDATE OF status ON pay.authentication FOR EACH ROW EXECUTE FUNCTION pay.t_state('authentication');
CREATE TRIGGER state BEFORE INSERT OR UPDATE OF status ON pay.checkout_session FOR EACH ROW EXECUTE FUNCTION pay.t_state('checkout_session');
CREATE TRIGGER state BEFORE INSERT OR UPDATE ON pay.setup_intent FOR EACH ROW EXECUTE FUNCTION pay.t_setup_step();
CREATE TRIGGER state_born AFTER INSERT ON pay.attempt REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.t_states_born('attempt');
CREATE TRIGGER state_born AFTER INSERT ON pay.charge REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.t_states_born('charge');
CREATE TRIGGER state_born AFTER INSERT ON pay.payment REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.t_states_born('payment');
CREATE TRIGGER state_born AFTER INSERT ON pay.refund REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pay.t_states_born('refund');
CREATE TRIGGER state_moved BEFORE UPDATE ON pay.attempt FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION pay.t_state('attempt');
CREATE TRIGGER state_moved BEFORE UPDATE ON pay.charge FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION pay.t_state('charge');
CREATE TRIGGER state_moved BEFORE UPDATE ON pay.payment FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION pay.t_state('payment');
CREATE TRIGGER state_moved BEFORE UPDATE ON pay.refund FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION pay.t_state('refund');
CREATE TRIGGER uses AFTER UPDATE ON pay.payment FOR EACH ROW WHEN (((old.status = 'processing'::text) AND (new.status = ANY (ARRAY['succeeded'::text, 'requires_capture'::text])) AND (new.payment_method_id IS NOT NULL))) EXECUTE FUNCTION pay.t_payment_uses();
CREATE TRIGGER sealed AFTER INSERT OR DELETE OR UPDATE ON vault.bank_account FOR EACH ROW EXECUTE FUNCTION pay.seal_vault_bank_account();
ALTER TABLE vault.bank_account ENABLE ALWAYS TRIGGER sealed;
CREATE TRIGGER sealed AFTER INSERT OR DELETE OR UPDATE ON vault.card FOR EACH ROW EXECUTE FUNCTION pay.seal_vault_card();
ALTER TABLE vault.card ENABLE ALWAYS TRIGGER sealed;
CREATE TRIGGER sealed AFTER INSERT OR DELETE OR UPDATE ON vault.key FOR EACH ROW EXECUTE FUNCTION pay.seal_vault_key();
ALTER TABLE vault.key ENABLE ALWAYS TRIGGER sealed;
ALTER TABLE ONLY core.api_key
    ADD CONSTRAINT api_key_env_fkey FOREIGN KEY (env) REFERENCES core.environment(id);
ALTER TABLE ONLY core.environment
    ADD CONSTRAINT environment_account_id_fkey FOREIGN KEY (account_id) REFERENCES core.account(id);
ALTER TABLE ONLY core.login
    ADD CONSTRAINT login_member_id_fkey FOREIGN KEY (member_id) REFERENCES core.member(id);
ALTER TABLE ONLY core.member
    ADD CONSTRAINT member_account_id_fkey FOREIGN KEY (account_id) REFERENCES core.account(id);
ALTER TABLE ONLY pay.attempt
    ADD CONSTRAINT attempt_env_payment_id_fkey FOREIGN KEY (env, payment_id) REFERENCES pay.payment(env, id);
ALTER TABLE ONLY pay.attempt
    ADD CONSTRAINT attempt_env_refund_id_fkey FOREIGN KEY (env, refund_id) REFERENCES pay.refund(env, id);
ALTER TABLE ONLY pay.authentication
    ADD CONSTRAINT authentication_env_payment_id_currency_fkey FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment(env, id, currency);
ALTER TABLE ONLY pay.charge
    ADD CONSTRAINT charge_env_payment_id_currency_fkey FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment(env, id, currency);
ALTER TABLE ONLY pay.checkout_line_item
    ADD CONSTRAINT checkout_line_item_env_session_id_fkey FOREIGN KEY (env, session_id) REFERENCES pay.checkout_session(env, id);
ALTER TABLE ONLY pay.checkout_session
    ADD CONSTRAINT checkout_session_env_customer_id_fkey FOREIGN KEY (env, customer_id) REFERENCES pay.customer(env, id);
ALTER TABLE ONLY pay.checkout_session
    ADD CONSTRAINT checkout_session_env_payment_id_currency_fkey FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment(env, id, currency);
ALTER TABLE ONLY pay.checkout_session
    ADD CONSTRAINT checkout_session_env_payment_link_id_fkey FOREIGN KEY (env, payment_link_id) REFERENCES pay.payment_link(env, id);
ALTER TABLE ONLY pay.checkout_session
    ADD CONSTRAINT checkout_session_env_setup_intent_id_fkey FOREIGN KEY (env, setup_intent_id) REFERENCES pay.setup_intent(env, id);
ALTER TABLE ONLY pay.customer_balance_transaction
    ADD CONSTRAINT customer_balance_transaction_env_customer_id_fkey FOREIGN KEY (env, customer_id) REFERENCES pay.customer(env, id);
ALTER TABLE ONLY pay.customer
    ADD CONSTRAINT customer_env_default_source_fkey FOREIGN KEY (env, default_source) REFERENCES pay.payment_method(env, id);
ALTER TABLE ONLY pay.delivery_attempt
    ADD CONSTRAINT delivery_attempt_env_delivery_id_fkey FOREIGN KEY (env, delivery_id) REFERENCES pay.delivery(env, id);
ALTER TABLE ONLY pay.delivery
    ADD CONSTRAINT delivery_env_endpoint_id_fkey FOREIGN KEY (env, endpoint_id) REFERENCES pay.endpoint(env, id);
ALTER TABLE ONLY pay.delivery
    ADD CONSTRAINT delivery_env_event_id_fkey FOREIGN KEY (env, event_id) REFERENCES pay.event(env, id);
ALTER TABLE ONLY pay.dispute
    ADD CONSTRAINT dispute_env_charge_id_fkey FOREIGN KEY (env, charge_id) REFERENCES pay.charge(env, id);
ALTER TABLE ONLY pay.early_fraud_warning
    ADD CONSTRAINT early_fraud_warning_env_charge_id_fkey FOREIGN KEY (env, charge_id) REFERENCES pay.charge(env, id);
ALTER TABLE ONLY pay.file_link
    ADD CONSTRAINT file_link_env_file_id_fkey FOREIGN KEY (env, file_id) REFERENCES pay.file(env, id);
ALTER TABLE ONLY pay.file_piece
    ADD CONSTRAINT file_piece_env_file_id_fkey FOREIGN KEY (env, file_id) REFERENCES pay.file(env, id);
ALTER TABLE ONLY pay.hold
    ADD CONSTRAINT hold_env_credit_id_currency_fkey FOREIGN KEY (env, credit_id, currency) REFERENCES pay.account(env, id, currency);
ALTER TABLE ONLY pay.hold
    ADD CONSTRAINT hold_env_debit_id_currency_fkey FOREIGN KEY (env, debit_id, currency) REFERENCES pay.account(env, id, currency);
ALTER TABLE ONLY pay.mandate
    ADD CONSTRAINT mandate_env_payment_method_id_fkey FOREIGN KEY (env, payment_method_id) REFERENCES pay.payment_method(env, id);
ALTER TABLE ONLY pay.outbox
    ADD CONSTRAINT outbox_env_event_id_fkey FOREIGN KEY (env, event_id) REFERENCES pay.event(env, id);
ALTER TABLE ONLY pay.payment
    ADD CONSTRAINT payment_env_customer_id_fkey FOREIGN KEY (env, customer_id) REFERENCES pay.customer(env, id);
ALTER TABLE ONLY pay.payment_method
    ADD CONSTRAINT payment_method_env_customer_id_fkey FOREIGN KEY (env, customer_id) REFERENCES pay.customer(env, id);
ALTER TABLE ONLY pay.price
    ADD CONSTRAINT price_env_product_id_fkey FOREIGN KEY (env, product_id) REFERENCES pay.product(env, id);
ALTER TABLE ONLY pay.promotion_code
    ADD CONSTRAINT promotion_code_env_coupon_id_fkey FOREIGN KEY (env, coupon_id) REFERENCES pay.coupon(env, id);
ALTER TABLE ONLY pay.promotion_code
    ADD CONSTRAINT promotion_code_env_customer_id_fkey FOREIGN KEY (env, customer_id) REFERENCES pay.customer(env, id);
ALTER TABLE ONLY pay.refund
    ADD CONSTRAINT refund_env_charge_id_fkey FOREIGN KEY (env, charge_id) REFERENCES pay.charge(env, id);
ALTER TABLE ONLY pay.refund
    ADD CONSTRAINT refund_env_payment_id_currency_fkey FOREIGN KEY (env, payment_id, currency) REFERENCES pay.payment(env, id, currency);
ALTER TABLE ONLY pay.setup_attempt
    ADD CONSTRAINT setup_attempt_env_setup_intent_id_fkey FOREIGN KEY (env, setup_intent_id) REFERENCES pay.setup_intent(env, id);
ALTER TABLE ONLY pay.setup_intent
    ADD CONSTRAINT setup_intent_env_customer_id_fkey FOREIGN KEY (env, customer_id) REFERENCES pay.customer(env, id);
ALTER TABLE ONLY pay.setup_intent
    ADD CONSTRAINT setup_intent_env_payment_method_id_fkey FOREIGN KEY (env, payment_method_id) REFERENCES pay.payment_method(env, id);
ALTER TABLE ONLY pay.tax_id
    ADD CONSTRAINT tax_id_env_customer_id_fkey FOREIGN KEY (env, customer_id) REFERENCES pay.customer(env, id);
ALTER TABLE ONLY pay.transfer
    ADD CONSTRAINT transfer_env_credit_id_currency_fkey FOREIGN KEY (env, credit_id, currency) REFERENCES pay.account(env, id, currency);
ALTER TABLE ONLY pay.transfer
    ADD CONSTRAINT transfer_env_debit_id_currency_fkey FOREIGN KEY (env, debit_id, currency) REFERENCES pay.account(env, id, currency);
ALTER TABLE ONLY pay.transfer
    ADD CONSTRAINT transfer_env_reverses_fkey FOREIGN KEY (env, reverses) REFERENCES pay.transfer(env, id);
ALTER TABLE ONLY pay.verdict
    ADD CONSTRAINT verdict_env_attempt_id_fkey FOREIGN KEY (env, attempt_id) REFERENCES pay.attempt(env, id);
ALTER TABLE core.api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON core.api_key TO farthing_app USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
ALTER TABLE pay.account ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.account_profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.acquirer_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.audit_block ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.audit_edge ENABLE ROW LEVEL SECURITY;
CREATE POLICY auditor ON pay.account FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.account_profile FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.acquirer_record FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.attempt FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.audit FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.audit_block FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.audit_edge FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.authentication FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.brake FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.charge FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.checkout_line_item FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.checkout_session FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.confirmation_token FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.coupon FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.customer FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.customer_balance_transaction FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.delivery FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.delivery_attempt FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.dispute FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.due FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.early_fraud_warning FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.endpoint FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.event FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.file FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.file_link FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.file_piece FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.funds FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.history FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.hold FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.idempotency FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.mail FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.mandate FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.orphan FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.outbox FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.payment FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.payment_link FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.payment_method FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.price FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.product FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.promotion_code FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.refund FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.request FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.request_object FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.setup_attempt FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.setup_authentication FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.setup_intent FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.shipping_rate FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.tax_id FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.tax_rate FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.token FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.transfer FOR SELECT TO farthing_auditor USING (true);
CREATE POLICY auditor ON pay.verdict FOR SELECT TO farthing_auditor USING (true);
ALTER TABLE pay.authentication ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.brake ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.charge ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.checkout_line_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.checkout_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.confirmation_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.coupon ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.customer_balance_transaction ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.delivery_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.dispute ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.due ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.early_fraud_warning ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.endpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.file ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.file_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.file_piece ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.funds ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.history ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.mandate ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.orphan ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.payment ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.payment_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.payment_method ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.price ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.product ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.promotion_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.refund ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.request ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.request_object ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.setup_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.setup_authentication ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.setup_intent ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.shipping_rate ENABLE ROW LEVEL SECURITY;
CREATE POLICY sweeper ON pay.account FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.attempt FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.audit FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.audit_edge FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.brake FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.checkout_session FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.delivery FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.due FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.endpoint FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.hold FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.idempotency FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.mail FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.outbox FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.payment_link FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.refund FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.transfer FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
CREATE POLICY sweeper ON pay.verdict FOR SELECT TO farthing_owner USING ((current_setting('app.sweep'::text, true) = 'on'::text));
ALTER TABLE pay.tax_id ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.tax_rate ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON pay.account USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.account_profile USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.acquirer_record USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.attempt USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.audit USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.audit_block USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.audit_edge USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.authentication USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.brake USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.charge USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.checkout_line_item USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.checkout_session USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.confirmation_token USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.coupon USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.customer USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.customer_balance_transaction USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.delivery USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.delivery_attempt USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.dispute USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.due USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.early_fraud_warning USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.endpoint USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.event USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.file USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.file_link USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.file_piece USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.funds USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.history USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.hold USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.idempotency USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.mail USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.mandate USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.orphan USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.outbox USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.payment USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.payment_link USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.payment_method USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.price USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.product USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.promotion_code USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.refund USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.request USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.request_object USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.setup_attempt USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.setup_authentication USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.setup_intent USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.shipping_rate USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.tax_id USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.tax_rate USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.token USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.transfer USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON pay.verdict USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
ALTER TABLE pay.token ENABLE ROW LEVEL SECURITY;
CREATE POLICY trail ON pay.audit FOR INSERT TO farthing_owner WITH CHECK (true);
ALTER TABLE pay.transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay.verdict ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.bank_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.card ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.key ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.bank_account USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON vault.card USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
CREATE POLICY tenant ON vault.key USING ((env = (current_setting('app.env'::text))::bigint)) WITH CHECK ((env = (current_setting('app.env'::text))::bigint));
GRANT USAGE ON SCHEMA core TO farthing_app;
GRANT USAGE ON SCHEMA core TO farthing_vault;
GRANT USAGE ON SCHEMA core TO farthing_auditor;
GRANT USAGE ON SCHEMA pay TO farthing_app;
GRANT USAGE ON SCHEMA pay TO farthing_auditor;
GRANT USAGE ON SCHEMA vault TO farthing_vault;
GRANT SELECT ON TABLE pay.audit_block TO farthing_app;
GRANT SELECT ON TABLE pay.audit_block TO farthing_auditor;
GRANT SELECT ON TABLE pay.audit_edge TO farthing_app;
GRANT SELECT ON TABLE pay.audit_edge TO farthing_auditor;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay.brake TO farthing_app;
GRANT SELECT ON TABLE pay.brake TO farthing_auditor;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.endpoint TO farthing_app;
GRANT SELECT ON TABLE pay.endpoint TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.event TO farthing_app;
GRANT SELECT ON TABLE pay.event TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.outbox TO farthing_app;
GRANT SELECT ON TABLE pay.outbox TO farthing_auditor;
GRANT UPDATE(dispatched_at) ON TABLE pay.outbox TO farthing_app;
GRANT SELECT,INSERT ON TABLE core.api_key TO farthing_app;
GRANT UPDATE(name) ON TABLE core.api_key TO farthing_app;
GRANT UPDATE(expires_at) ON TABLE core.api_key TO farthing_app;
GRANT UPDATE(permissions) ON TABLE core.api_key TO farthing_app;
GRANT UPDATE(allowed_ips) ON TABLE core.api_key TO farthing_app;
GRANT UPDATE(rolled_to) ON TABLE core.api_key TO farthing_app;
GRANT UPDATE(sealed) ON TABLE core.api_key TO farthing_app;
GRANT UPDATE(shown_at) ON TABLE core.api_key TO farthing_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE core.member TO farthing_app;
GRANT SELECT,INSERT ON TABLE vault.bank_account TO farthing_vault;
GRANT UPDATE(key_id) ON TABLE vault.bank_account TO farthing_vault;
GRANT UPDATE(sealed) ON TABLE vault.bank_account TO farthing_vault;
GRANT SELECT,INSERT ON TABLE vault.card TO farthing_vault;
GRANT UPDATE(key_id) ON TABLE vault.card TO farthing_vault;
GRANT UPDATE(sealed) ON TABLE vault.card TO farthing_vault;
GRANT UPDATE(exp_month) ON TABLE vault.card TO farthing_vault;
GRANT UPDATE(exp_year) ON TABLE vault.card TO farthing_vault;
GRANT UPDATE(renewals) ON TABLE vault.card TO farthing_vault;
GRANT SELECT,INSERT ON TABLE vault.key TO farthing_vault;
GRANT UPDATE(state) ON TABLE vault.key TO farthing_vault;
GRANT UPDATE(wrapped) ON TABLE vault.key TO farthing_vault;
GRANT UPDATE(kek) ON TABLE vault.key TO farthing_vault;
GRANT UPDATE(active_at) ON TABLE vault.key TO farthing_vault;
GRANT UPDATE(destroyed_at) ON TABLE vault.key TO farthing_vault;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.checkout_session TO farthing_app;
GRANT SELECT ON TABLE pay.checkout_session TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE core.account TO farthing_app;
GRANT SELECT ON TABLE core.account TO farthing_auditor;
GRANT UPDATE(name) ON TABLE core.account TO farthing_app;
GRANT UPDATE(api_version) ON TABLE core.account TO farthing_app;
GRANT SELECT ON TABLE core.alembic_version TO farthing_app;
GRANT SELECT ON TABLE core.alembic_version TO farthing_vault;
GRANT SELECT ON TABLE core.alembic_version TO farthing_auditor;
GRANT SELECT ON TABLE core.definition TO farthing_app;
GRANT SELECT ON TABLE core.definition TO farthing_vault;
GRANT SELECT ON TABLE core.definition TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE core.environment TO farthing_app;
GRANT SELECT ON TABLE core.environment TO farthing_auditor;
GRANT UPDATE(try_twice) ON TABLE core.environment TO farthing_app;
GRANT UPDATE(rate_tier) ON TABLE core.environment TO farthing_app;
GRANT UPDATE(clock_ahead) ON TABLE core.environment TO farthing_app;
GRANT UPDATE(receipts) ON TABLE core.environment TO farthing_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE core.login TO farthing_app;
GRANT SELECT ON TABLE pay.account TO farthing_app;
GRANT SELECT ON TABLE pay.account TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.account_profile TO farthing_app;
GRANT SELECT ON TABLE pay.account_profile TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.account_profile TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.account_profile TO farthing_app;
GRANT SELECT ON TABLE pay.acquirer_record TO farthing_app;
GRANT SELECT ON TABLE pay.acquirer_record TO farthing_auditor;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.attempt TO farthing_app;
GRANT SELECT ON TABLE pay.attempt TO farthing_auditor;
GRANT SELECT ON TABLE pay.audit TO farthing_app;
GRANT SELECT ON TABLE pay.audit TO farthing_auditor;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.authentication TO farthing_app;
GRANT SELECT ON TABLE pay.authentication TO farthing_auditor;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.charge TO farthing_app;
GRANT SELECT ON TABLE pay.charge TO farthing_auditor;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.payment TO farthing_app;
GRANT SELECT ON TABLE pay.payment TO farthing_auditor;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.refund TO farthing_app;
GRANT SELECT ON TABLE pay.refund TO farthing_auditor;
GRANT SELECT ON TABLE pay.transfer TO farthing_app;
GRANT SELECT ON TABLE pay.transfer TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.checkout_line_item TO farthing_app;
GRANT SELECT ON TABLE pay.checkout_line_item TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.confirmation_token TO farthing_app;
GRANT SELECT ON TABLE pay.confirmation_token TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.confirmation_token TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.confirmation_token TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.coupon TO farthing_app;
GRANT SELECT ON TABLE pay.coupon TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.coupon TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.coupon TO farthing_app;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.customer TO farthing_app;
GRANT SELECT ON TABLE pay.customer TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.customer_balance_transaction TO farthing_app;
GRANT SELECT ON TABLE pay.customer_balance_transaction TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.customer_balance_transaction TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.customer_balance_transaction TO farthing_app;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.delivery TO farthing_app;
GRANT SELECT ON TABLE pay.delivery TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.delivery_attempt TO farthing_app;
GRANT SELECT ON TABLE pay.delivery_attempt TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.dispute TO farthing_app;
GRANT SELECT ON TABLE pay.dispute TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.dispute TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.dispute TO farthing_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay.due TO farthing_app;
GRANT SELECT ON TABLE pay.due TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.early_fraud_warning TO farthing_app;
GRANT SELECT ON TABLE pay.early_fraud_warning TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.early_fraud_warning TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.early_fraud_warning TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.file TO farthing_app;
GRANT SELECT ON TABLE pay.file TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.file TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.file TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.file_link TO farthing_app;
GRANT SELECT ON TABLE pay.file_link TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.file_link TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.file_link TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.file_piece TO farthing_app;
GRANT SELECT ON TABLE pay.file_piece TO farthing_auditor;
GRANT SELECT ON TABLE pay.funds TO farthing_app;
GRANT SELECT ON TABLE pay.funds TO farthing_auditor;
GRANT SELECT ON TABLE pay.history TO farthing_app;
GRANT SELECT ON TABLE pay.history TO farthing_auditor;
GRANT SELECT ON TABLE pay.hold TO farthing_app;
GRANT SELECT ON TABLE pay.hold TO farthing_auditor;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pay.idempotency TO farthing_app;
GRANT SELECT ON TABLE pay.idempotency TO farthing_auditor;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.mail TO farthing_app;
GRANT SELECT ON TABLE pay.mail TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.mandate TO farthing_app;
GRANT SELECT ON TABLE pay.mandate TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.mandate TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.mandate TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.orphan TO farthing_app;
GRANT SELECT ON TABLE pay.orphan TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.payment_link TO farthing_app;
GRANT SELECT ON TABLE pay.payment_link TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.payment_link TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.payment_link TO farthing_app;
GRANT SELECT,INSERT,UPDATE ON TABLE pay.payment_method TO farthing_app;
GRANT SELECT ON TABLE pay.payment_method TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.price TO farthing_app;
GRANT SELECT ON TABLE pay.price TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.price TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.price TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.product TO farthing_app;
GRANT SELECT ON TABLE pay.product TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.product TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.product TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.promotion_code TO farthing_app;
GRANT SELECT ON TABLE pay.promotion_code TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.promotion_code TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.promotion_code TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.request TO farthing_app;
GRANT SELECT ON TABLE pay.request TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.request_object TO farthing_app;
GRANT SELECT ON TABLE pay.request_object TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.setup_attempt TO farthing_app;
GRANT SELECT ON TABLE pay.setup_attempt TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.setup_attempt TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.setup_attempt TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.setup_authentication TO farthing_app;
GRANT SELECT ON TABLE pay.setup_authentication TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.setup_authentication TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.setup_authentication TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.setup_intent TO farthing_app;
GRANT SELECT ON TABLE pay.setup_intent TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.setup_intent TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.setup_intent TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.shipping_rate TO farthing_app;
GRANT SELECT ON TABLE pay.shipping_rate TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.shipping_rate TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.shipping_rate TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.tax_id TO farthing_app;
GRANT SELECT ON TABLE pay.tax_id TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.tax_id TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.tax_id TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.tax_rate TO farthing_app;
GRANT SELECT ON TABLE pay.tax_rate TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.tax_rate TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.tax_rate TO farthing_app;
GRANT SELECT,INSERT ON TABLE pay.token TO farthing_app;
GRANT SELECT ON TABLE pay.token TO farthing_auditor;
GRANT UPDATE(doc) ON TABLE pay.token TO farthing_app;
GRANT UPDATE(deleted_at) ON TABLE pay.token TO farthing_app;
GRANT SELECT ON TABLE pay.transition TO farthing_app;
GRANT SELECT ON TABLE pay.transition TO farthing_auditor;
GRANT SELECT,INSERT ON TABLE pay.verdict TO farthing_app;
GRANT SELECT ON TABLE pay.verdict TO farthing_auditor;
