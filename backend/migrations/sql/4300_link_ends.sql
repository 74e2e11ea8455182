-- Payment links may end at a moment. The sweeper's functions look for those whose timer is missing.
CREATE POLICY sweeper ON pay.payment_link FOR SELECT TO CURRENT_USER USING (current_setting('app.sweep', true) = 'on');
CREATE INDEX payment_link_ends ON pay.payment_link (env, id)
 WHERE doc->>'expires_at' IS NOT NULL AND doc->>'active' = 'true';
