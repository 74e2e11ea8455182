-- True when one of our own verbs must hear of the event before merchants do: payments and setups of a checkout
-- session, and a charge that something comes after.
CREATE OR REPLACE FUNCTION pay.event_awaited(e pay.event, p_types text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$ BEGIN
  IF NOT e.type = ANY (p_types) THEN RETURN false; END IF;
  IF starts_with(e.type, 'charge.') THEN
    RETURN EXISTS (SELECT 1 FROM charge c WHERE c.env = e.env AND c.id = e.object_id AND c.scenario IS NOT NULL);
  ELSIF starts_with(e.type, 'setup_intent.') THEN
    RETURN EXISTS (SELECT 1 FROM checkout_session s WHERE s.env = e.env AND s.setup_intent_id = e.object_id);
  END IF;
  RETURN EXISTS (
    SELECT 1 FROM payment p WHERE p.env = e.env AND p.id = e.object_id AND p.checkout_session_id IS NOT NULL);
END $$;
REVOKE ALL ON FUNCTION pay.event_awaited(pay.event,text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.event_awaited(pay.event,text[]) TO farthing_app;
