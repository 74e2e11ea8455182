-- The Event object as JSON text: the same as backend/events/shapes.py (a test compares the two).
CREATE OR REPLACE FUNCTION pay.event_json(e pay.event, p_livemode boolean, p_pending bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT '{"id":' || to_json(e.id) || ',"object":"event","api_version":' || to_json(e.api_version)
    || ',"created":' || floor(extract(epoch FROM e.created_at))::bigint
    || ',"data":{"object":' || e.data || coalesce(',"previous_attributes":' || e.previous_attributes, '')
    || '},"livemode":' || p_livemode || ',"pending_webhooks":' || p_pending
    || ',"request":{"id":' || coalesce(to_json(e.request_id)::text, 'null')
    || ',"idempotency_key":' || coalesce(to_json(e.idempotency_key)::text, 'null')
    || '},"type":' || to_json(e.type) || '}' $$;
REVOKE ALL ON FUNCTION pay.event_json(pay.event,boolean,bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.event_json(pay.event,boolean,bigint) TO farthing_app;
