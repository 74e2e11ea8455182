"""The guards that the mutation proof takes away, one by one, and the test that claims to miss each of them.

An edit is a piece of the source and what stands there instead, in a copy of the tree. `sees` is what the test must say
when it fails: a test that fails for another reason has missed nothing. Source: faults.md, column "red when".
"""

import re
from dataclasses import dataclass
from pathlib import Path

from backend.migrations import definitions

CARRIED = "tests/fault/test_carried.py"
INCREMENTS = "tests/integration/test_increments.py"
VERIFIED = "tests/fault/test_verifications.py"
WALLS = "tests/integration/test_walls.py::test_the_wall_holds_and_is_what_holds"
ORDER = "tests/integration/test_checkout_order.py"
LINES = "tests/integration/test_connections.py"
TESTING = "tests/integration/test_card_testing.py"
KEYS = "tests/integration/test_shoppers_keys.py"
AGAIN = "tests/integration/test_repeated_requests.py"
VAULT = "tests/integration/test_vault_answers_the_api.py"
MAIL = "tests/integration/test_mail.py"
SQL = "backend/migrations/sql"
REFUSED = r"assert \('\S*', -?\d+\) == \('\S*', 0\)"
_OF_TABLES = re.compile(r"\b(INDEX|KEY|CHECK|UNIQUE|GRANT)\b")
NO_ANSWER = "not so after|no such delivery|TimeoutError|assert time.monotonic"


@dataclass(frozen=True)
class Guard:
    """`place` is a file, or the folder of the schema: then every file of it and of the functions that has the text is
    changed, for a later one may say a function once more."""

    name: str
    check: str
    sees: str
    place: str
    edits: tuple[tuple[str, str], ...]

    def remove(self, root: Path) -> None:
        """Take the guard away in the copy at `root`; raises AssertionError when it is not where the list says."""
        place = root / self.place
        functions = definitions.paths(root)
        files = [*sorted(place.glob("*.sql")), *functions] if place.is_dir() else [place]
        for old, new in self.edits:
            found = [file for file in files if old in file.read_text()]
            assert found, f"{self.name}: {self.place} no longer has {old!r}"
            in_force = files == [place] or _OF_TABLES.search(old) or set(found) & set(functions)
            assert in_force, f"{self.name}: only what is no longer in force has {old!r}"
            for file in found:
                text = file.read_text()
                assert text.count(old) == 1, f"{self.name}: {file.name} has it {text.count(old)} times: {old!r}"
                file.write_text(text.replace(old, new))

    def seen(self, output: str) -> bool:
        """Whether a failed test says what it must."""
        return re.search(self.sees, output) is not None


def wall(name: str, of: str, old: str, new: str) -> Guard:
    """A wall of the schema, attacked by its own test: what it refused before now goes through."""
    return Guard(name, f"{WALLS}[{of}]", REFUSED, SQL, ((old, new),))


GUARDS = [
    # ---- one charge, whatever happens
    wall("index one_live_authorisation", "one live authorisation",
         "CREATE UNIQUE INDEX one_live_authorisation", "CREATE INDEX one_live_authorisation"),
    wall("index one_open_operation", "one open increment, capture or void",
         "CREATE UNIQUE INDEX one_open_operation", "CREATE INDEX one_open_operation"),
    Guard("the network key follows from the payment", "tests/fault/test_orphans.py::"
          "test_a_lost_attempt_is_adopted_under_its_own_number", "assert .*'undone': 1.* == ", "backend/crypto.py",
          (("return mac(key, env, object_id, operation, number)",
            "return mac(os.urandom(32), env, object_id, operation, number)"),)),
    Guard("silence is unknown, not failed", "tests/fault/test_reconciler.py::test_the_truth_is_found_by_asking",
          "CardError: .*You were not charged", "backend/payments/outcomes.py",
          (('    if outcome in effects.UNDECIDED:', '    if outcome == "pending":'),)),
    Guard("the attempt is on disk before the call", "tests/fault/test_reconciler.py::"
          "test_the_key_of_a_request_that_died_is_answered_before_the_outcome_is_known", "DID NOT RAISE.*Replay",
          "backend/payments/failover.py",
          (("            await steps.begin(ctx, step, change, first, events, parts)\n",
            "            answer = await engine.send(ctx, step, first, keep_cvc=False)\n"
            "            await steps.begin(ctx, step, change, first, events, parts)\n"),
           ("        answer = await engine.send(ctx, step, first, keep_cvc=bool(others))\n", ""))),
    wall("an answer is applied by who holds the attempt", "a late answer does not overwrite a check",
         "AND a.check_no = x.check_no AND a.status IN ('sent', 'unknown');", ";"),
    wall("a settled attempt stays settled", "a settled attempt stays settled",
         "  IF NOT EXISTS (SELECT 1 FROM transition WHERE (entity, from_s, to_s) = (TG_ARGV[0], before, NEW.status))",
         "  IF false"),
    Guard("a tombstone before `failed`", "tests/fault/test_reconciler.py::test_the_truth_is_found_by_asking",
          "assert .*'approved'.* == .*'tombstone'|'late_arrivals_accepted': [1-9]",
          "backend/reconciliation/attempts.py",
          (("        status = await cancel(ctx, attempt)\n", '        status = {"found": "tombstone"}\n'),)),
    Guard("an approval after a lost cancel is not believed", "tests/fault/test_reconciler.py::"
          "test_an_approval_found_after_a_lost_cancel_is_undone[guarded]",
          r"assert \('succeeded', \['reversed'\]\) == ", "backend/reconciliation/attempts.py",
          (('    canceling = attempt.cancel_sent_at is not None\n', "    canceling = False\n"),)),
    Guard("a lost message is carried through", f"{CARRIED}::test_a_lost_message_is_sent_again_under_its_own_key[void]",
          "assert 'requires_capture' == 'canceled'", "backend/reconciliation/attempts.py",
          (("        if await resends.possible(ctx, subject, attempt):\n", "        if False:\n"),)),
    Guard("nothing is sent again after its cancel", f"{CARRIED}::"
          "test_nothing_is_sent_again_once_its_cancel_is_on_its_way", r"assert \{.* is None",
          "backend/exchanges/sql.py",
          ((" AND cancel_sent_at IS NULL\n   AND coalesce(sent_again, 0) < %s", " AND coalesce(sent_again, 0) < %s"),)),
    Guard("who lost the lease sends nothing again", f"{CARRIED}::test_who_has_lost_its_lease_sends_nothing",
          r"assert \{.* is None", "backend/exchanges/sql.py",
          (("check_no = %s AND status IN ('sent', 'unknown') AND cancel", "check_no >= %s AND cancel"),)),
    Guard("a payment itself is never sent again", f"{CARRIED}::test_a_payment_itself_is_never_sent_again",
          r"== \[\('failed', 0\)\]|assert 0 == 1", "backend/payments/steps.py",
          (("        if attempt.kind not in _CARRIED:\n            return False\n", "        return True\n"),)),
    Guard("after a restore nothing is sent again", f"{CARRIED}::test_a_restored_message_is_not_sent_again",
          "assert 'succeeded' == 'failed'", "backend/exchanges/sql.py",
          (("leased_until = NULL, sent_again = %s", "leased_until = NULL, sent_again = 0 * %s"),)),
    Guard("at the end of the schedule nothing is guessed", "tests/fault/test_patience.py::"
          "test_at_the_end_of_the_schedule_nothing_is_guessed", "assert 1 == 0|assert True == 0|'failed'",
          "backend/reconciliation/attempts.py",
          (("        return await _give_up(ctx, attempt, note)\n",
            '        with suppress(FarthingError):\n'
            '            await _conclude(ctx, attempt, {"outcome": "not_received"})\n        return True\n'),)),
    Guard("another amount under our reference is for a person", "tests/fault/test_reconciler.py::"
          "test_another_amount_under_our_reference_is_for_a_person", "assert 1 == 0|assert True == 0",
          "backend/reconciliation/attempts.py",
          (("    if not enquiries.fits(attempt, status):\n", "    if False:\n"),)),
    Guard("the lease of an attempt", "tests/fault/test_patience.py::"
          "test_what_one_reconciler_has_in_hand_no_other_takes", r"== \[\]", "backend/exchanges/sql.py",
          (("     AND (leased_until IS NULL OR leased_until < now())\n     AND (%(only)s", "     AND (%(only)s"),)),
    Guard("no second try after silence", "tests/integration/test_failover.py::"
          "test_after_silence_there_is_no_second_try", "Locked: Another request is working",
          "backend/payments/failover.py",
          (("    unreached = answer[\"outcome\"] == \"not_sent\" and answer.get(\"sick\") is True\n",
            "    unreached = answer.get(\"sick\") is True\n"),)),
    Guard("the breaker counts no declines", "tests/integration/test_failover.py::test_declines_never_open_it",
          "breaker_opened", "backend/payments/failover.py",
          (('        permit.heard(answer.get("sick"))\n', '        permit.heard(answer["outcome"] != "approved")\n'),)),
    Guard("a verification is on disk before it leaves", f"{VERIFIED}::"
          "test_a_death_before_it_leaves_leaves_something_to_ask_about",
          r"assert \[\] == \[\('verify', 'sent', 1\)\]", "backend/customers/verifications.py",
          (("        await engine.begin(ctx, step, attempt, {})\n", ""),
           ("        answer = await engine.send(ctx, step, attempt)\n",
            "        answer = await engine.send(ctx, step, attempt)\n"
            "        await engine.begin(ctx, step, attempt, {})\n"))),
    Guard("a verification that is open is not asked again", f"{VERIFIED}::"
          "test_a_request_that_comes_again_does_not_ask_while_its_question_is_open", "DID NOT RAISE",
          "backend/customers/verifications.py",
          (('        if earlier and earlier.status in ("sent", "unknown"):\n', "        if False:\n"),)),
    Guard("of twins one asks the issuer", f"{VERIFIED}::test_of_twins_at_one_moment_one_asks[guarded]",
          "UniqueViolation", "backend/exchanges/sql.py", ((', "attempt_env_network_key_key"})', "})"),)),
    Guard("orphans are undone after a restore", "tests/fault/test_orphans.py::"
          "test_money_of_a_payment_that_nobody_knows_goes_back", r"== \(\{'undone': 2\}, True\)",
          "backend/reconciliation/orphans.py", (("    for rank in (0, 1, 2):\n", "    for rank in ():\n"),)),

    # ---- keys
    Guard("a key is claimed by INSERT, not by SELECT first", f"{WALLS}[a key is claimed once]", REFUSED, SQL,
          (("  LOOP\n    INSERT INTO idempotency (env, key,",
            "  LOOP\n    SELECT * INTO r FROM idempotency WHERE env = p_env AND key = k->>'key';\n"
            "    EXIT WHEN FOUND;\n    INSERT INTO idempotency (env, key,"),
           ("    ON CONFLICT DO NOTHING;\n    IF FOUND", "    ;\n    IF FOUND"))),
    Guard("a key belongs to its environment", "tests/integration/test_races.py::"
          "test_a_key_means_nothing_in_another_environment", "idempotency|row-level security|function key_claim", SQL,
          (("  PRIMARY KEY (env, key),\n  CHECK ((recovery_point", "  PRIMARY KEY (key),\n  CHECK ((recovery_point"),)),
    Guard("a held key does not speak for others", "tests/integration/test_races.py::"
          "test_a_key_that_is_taken_lets_what_only_releases_another_be_done", r"assert .* is None",
          "backend/combiner.py", (("if len(batch) > 1 and self._idle(result):", "if False:"),)),
    Guard("one key, one request body", "tests/integration/test_races.py::"
          "test_a_key_that_is_taken_does_not_speak_for_others_in_the_same_commit", r"isinstance\(Conflict",
          "backend/requests/idempotency.py",
          (('    if not record["same"] and not await _was_the_same(ctx):\n', "    if False:\n"),)),

    Guard("a lost answer to a commit is no reason to repeat it", "tests/integration/test_lost_commits.py",
          "DID NOT RAISE.*CommitUnknown", "backend/db.py",
          (("                raise CommitUnknown(str(error)) from error\n", "                continue\n"),)),

    # ---- the books
    Guard("refunds stay within what was captured", "tests/fault/test_refunds.py::"
          "test_the_conditional_update_and_the_check_are_what_stops_racing_refunds[guarded]",
          r"assert \{.*\} == \{600\}", SQL,
          ((" AND refund_reserved + c.amount <= captured;", ";"),
           ("CHECK (refund_reserved BETWEEN 0 AND captured)", "CHECK (refund_reserved >= 0)"))),
    Guard("an approval after a tombstone is undone until that is confirmed", "tests/fault/test_for_a_person.py::"
          "test_an_approval_after_a_tombstone_is_undone_until_the_acquirer_says_so", "assert 0 == 1",
          "backend/exchanges/engine.py",
          (("await attempts.undo(ctx, attempt, answer.get", "await cancel(ctx, attempt) or (answer.get"),)),
    Guard("an undoing is believed by asking", "tests/fault/test_for_a_person.py::"
          "test_an_approval_after_a_tombstone_is_undone_until_the_acquirer_says_so", "assert 0 == 1",
          "backend/reconciliation/undoings.py", (("    if found in _UNDONE:\n", "    if True:\n"),)),
    Guard("a reference that comes again is for a person", "tests/fault/test_for_a_person.py::"
          "test_a_reference_that_comes_again_is_for_a_person", "UniqueViolation", "backend/exchanges/commits.py",
          (("        if refused_by == sql.REFERENCE:\n", "        if False:\n"),)),
    Guard("what is disputed by now is not refunded", "tests/fault/test_refunds.py::"
          "test_a_charge_that_is_disputed_while_its_refund_is_being_made_is_not_refunded[guarded]", "DID NOT RAISE",
          SQL, (("WHERE g.disputed AND g.scenario <> 'inquiry'", "WHERE false"),)),
    Guard("a decision on an old reading is refused", "tests/integration/test_races.py::"
          "test_a_decision_made_on_an_old_reading_is_refused", "DID NOT RAISE.*Changed", SQL,
          ((" AND p.id = x.id AND p.version = x.version;", " AND p.id = x.id;"),)),
    Guard("silence is no decline of an increment", f"{INCREMENTS}::"
          "test_an_increment_without_an_answer_ends_as_the_acquirer_says[approve_silent-ends0]",
          "ApiError: .*Nothing changed", "backend/payments/holds/outcomes.py",
          (('        return _waiting(ctx, payment, "increment")\n',
           '        answer = answer | {"outcome": "not_received"}\n'),)),
    Guard("what nobody asked for is not raised", f"{INCREMENTS}::test_what_was_not_asked_for_is_not_available",
          "DID NOT RAISE", "backend/payments/holds/operations.py",
          (('    if not details or details["card"][name]["status"] != "available":\n', "    if False:\n"),)),
    Guard("an authorisation is raised ten times at most", f"{INCREMENTS}::"
          "test_there_are_ten_increments_and_no_more", "DID NOT RAISE", "backend/payments/holds/increments.py",
          (("    if await attempts.increments(ctx, id) >= TRIES_MAX:\n", "    if False:\n"),)),
    Guard("every hold of a payment is closed", f"{INCREMENTS}::test_a_cancel_releases_the_whole_hold",
          "'pending'", SQL,
          (("AND status = 'pending' ORDER BY leg) h", "AND status = 'pending' ORDER BY leg LIMIT 1) h"),)),
    Guard("the acquirer hears that more follows", f"{INCREMENTS}::"
          "test_parts_are_captured_until_the_last_and_the_rest_is_released", "could not be captured",
          "backend/payments/steps.py",
          (('effects.asked(attempt).get("final_capture", True)', "True"),)),
    Guard("the fee of parts is the fee of the whole", f"{INCREMENTS}::"
          "test_the_transaction_of_the_charge_adds_up_to_the_ledger", r"assert \(4000, \d+, \d+\) == ",
          "backend/ledger/chart.py", (("- (money.fee(before, currency) if before else 0)", ""),)),
    Guard("the money of parts waits for the last", f"{INCREMENTS}::"
          "test_the_money_of_parts_becomes_available_together_after_the_last", "assert 1 == 0",
          SQL, (("AND amount_capturable > 0)", "AND false)"),)),
    Guard("refunds of parts name their authorisation", f"{INCREMENTS}::"
          "test_refunds_stay_within_all_parts_together", "'failed'", "backend/refunds/sql.py",
          (("= (p.env, p.id, 'capture', 'approved')) = 1 THEN", "= (p.env, p.id, 'capture', 'approved')) > 0 THEN"),)),
    wall("one fact posts once", "one fact posts once",
         f"  UNIQUE (env, code, ref_id, leg),{' ' * 37}-- one business fact posts once\n", ""),
    wall("a balance keeps its floor", "a floor holds against a race",
         "  CHECK (NOT floor_zero OR credits - debits - pending_debits >= 0)", "  CHECK (true)"),
    Guard("accounts are opened before they are locked", "tests/integration/test_ledger_races.py::"
          "test_the_first_postings_of_a_merchant_may_come_at_one_moment", r"assert \(\{'(23505|40P01)'",
          SQL, (("ids || ledger_account(p_env, k.kind, k.currency, k.stripe);",
                 "ids || (SELECT id FROM account WHERE env = p_env AND kind = k.kind AND currency = k.currency "
                 "AND stripe = k.stripe);\n    PERFORM ledger_account(p_env, k.kind, k.currency, k.stripe);"),)),
    Guard("a balance is written under its lock", "tests/integration/test_ledger_races.py::"
          "test_a_posting_reads_the_balance_only_when_the_one_before_it_is_over", "debit_version_key", SQL,
          (("   ORDER BY a.id FOR NO KEY UPDATE;\n  IF ", "   ORDER BY a.id;\n  IF "),)),
    Guard("a balance counts its versions", "tests/integration/test_ledger_races.py::"
          "test_no_posting_is_lost_and_the_whole_always_adds_up", r"assert \([1-9]\d*, ", SQL,
          (("version = a.version + t.moves", "version = a.version"),)),
    wall("transfers never change", "transfer refuses UPDATE",
         "    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER imm, ENABLE ALWAYS TRIGGER immt', p_table);\n", ""),
    wall("only legal steps of a payment", "no illegal step of a payment",
         "CREATE TRIGGER state_moved BEFORE UPDATE ON pay.%I FOR EACH ROW\n"
         "                  WHEN (OLD.status IS DISTINCT FROM NEW.status)",
         "CREATE TRIGGER state_moved BEFORE UPDATE ON pay.%I FOR EACH ROW\n                  WHEN (false)"),
    Guard("the heads outside the database", "tests/integration/test_tampering.py::"
          "test_a_cut_tail_is_seen_by_the_heads_outside_and_by_nothing_else", r"assert 0 == 1",
          "backend/audit/comparison.py", (("            found += [_sentence(row) for row in rows]\n", ""),)),

    # ---- one merchant never sees another, nobody sees a card
    Guard("the policy of a table", "tests/integration/test_tenants.py", r"assert \{'pay.charge': \d+\} == \{\}", SQL,
          (("GRANT DELETE ON pay.idempotency TO farthing_app;",
            "GRANT DELETE ON pay.idempotency TO farthing_app;\nALTER TABLE pay.charge DISABLE ROW LEVEL SECURITY;"),)),
    Guard("card numbers are hidden in logs", "tests/unit/test_logs.py::test_a_card_number_in_a_text_is_hidden",
          r"assert .*\d{4}", "backend/card_numbers.py",
          (('    return "".join([*out, text[last:]]) if out else text\n', "    return text\n"),)),
    Guard("the books check judges what it found", "tests/integration/test_invariants.py::"
          "test_the_books_check_and_the_doors_agree", "assert .* == ", "backend/reconciliation/invariants.py",
          (("    return [row for row in kept if judge(row)]\n", "    return []\n"),)),
    Guard("live mode wants a safe PostgreSQL", "tests/integration/test_unsafe_server.py",
          "assert .*PostgreSQL runs with|assert 0 == 1", "backend/stack/checks.py",
          (("            for name in sql.settings_off(link, list(UNSAFE)):\n", "            for name in ():\n"),)),

    # ---- who may do what in the portal
    Guard("a role is asked before every page", "tests/integration/test_portal_roles.py::"
          "test_what_is_refused_changes_nothing", r"assert \[.*\] == \[403, 403, 403, 403\]", "portal/page.py",
          (("            if not rights.may(who.role, request.method, path):\n", "            if False:\n"),)),
    Guard("an account keeps an owner", "tests/integration/test_commands.py::"
          "test_of_two_owners_who_are_taken_away_at_one_moment_one_stays", "DID NOT RAISE",
          "backend/accounts/members_sql.py", ((" FOR NO KEY UPDATE", ""),)),

    # ---- lines: nobody holds the door
    Guard("an answer has an end", f"{LINES}::test_an_answer_that_is_not_read_ends_its_line[1]", "TimeoutError",
          "backend/web/server.py",
          (("        self._unread = self.loop.call_later(self._patience, self.drop)\n", ""),)),
    Guard("a closed line has an end", f"{LINES}::test_a_line_that_was_closed_over_an_unread_answer_ends_too",
          "TimeoutError", "backend/web/server.py",
          (("        if self.transport.is_closing():\n            self._close()\n\n    def _start",
            "\n    def _start"),
           ("        self._unread = self.loop.call_later(self._patience, self.drop)\n", ""))),
    Guard("requests run ahead so far only", f"{LINES}::test_requests_that_run_far_ahead_of_their_answers_end_the_line",
          "TimeoutError|Failed: Timeout", "backend/web/server.py",
          (("        if len(self.pipeline) > PIPELINED_MAX:\n", "        if False:\n"),)),
    Guard("an address has so many lines", f"{LINES}::test_an_address_has_so_many_lines_and_others_have_theirs",
          r"assert \(200, |KeyError", "backend/web/connections.py",
          (("            return 429\n", "            pass\n"),)),
    Guard("who does not read makes room", f"{LINES}::"
          "test_who_does_not_read_makes_room_first_and_who_waits_for_an_answer_never", "assert 503 == 200",
          "backend/web/connections.py", (("            self._make_room()\n", "            pass\n"),)),

    # ---- events, webhooks, jobs
    Guard("the sweeper needs no bell", "tests/integration/test_workers.py::"
          "test_without_redis_the_sweeper_brings_everything", NO_ANSWER, "workers/schedule.py",
          (("        for found in await work.find(self._runtime):\n", "        for found in ():\n"),)),
    Guard("a timer is in one worker's hand", "tests/integration/test_due.py::test_a_timer_is_taken_by_one",
          r"== \['a', 'b'\]", "backend/due/sql.py",
          (("     AND (leased_until IS NULL OR leased_until < now())\n   ORDER BY at", "   ORDER BY at"),)),
    Guard("a timer that was moved stays where it was moved to", "tests/integration/test_due.py::"
          "test_who_holds_a_timer_that_was_moved_leaves_it_alone", "assert 0 == 1", "backend/due/sql.py",
          ((" AND object_id = %s AND lease = %s\n", " AND object_id = %s AND %s > 0\n"),)),
    Guard("an authorisation has its timer", "tests/integration/test_due.py::"
          "test_an_authorisation_has_a_timer_until_it_is_captured_or_released", r"assert \[\] == ",
          "backend/payments/outcomes.py",
          (("    if not sale:\n        effect.parts", "    if False:\n        effect.parts"),)),
    Guard("jobs are JSON, never pickle", "tests/integration/test_workers.py::"
          "test_pickled_unknown_and_odd_jobs_are_refused_and_run_nothing", r"trace\.exists\(\)|refused|heard",
          "backend/jobs.py",
          (('QUEUE = "farthing"\n', 'QUEUE = "farthing"\n\n\nclass Open(JSONSerializer):\n    @staticmethod\n'
            '    def loads(data):\n        import pickle\n'
            '        return pickle.loads(data) if data[:1] == b"\\x80" else JSONSerializer.loads(data)\n\n'),
           ("_LISTEN_SECONDS, connection=connection, serializer=JSONSerializer)",
            "_LISTEN_SECONDS, connection=connection, serializer=Open)"))),
    Guard("the signature is over the bytes that are sent", "tests/integration/test_webhooks.py::"
          "test_an_event_reaches_its_endpoint_signed_for_both_libraries", "SignatureVerification|WebhookVerification",
          "backend/webhooks/deliveries.py",
          (("    headers |= signatures.headers(active, claimed.event_id, unix(now) or 0, claimed.body,\n",
            "    again = orjson.dumps(orjson.loads(claimed.body), option=orjson.OPT_INDENT_2)\n"
            "    headers |= signatures.headers(active, claimed.event_id, unix(now) or 0, again,\n"),)),
    Guard("redirects are not followed", "tests/integration/test_egress.py::"
          "test_redirects_are_answers_and_not_followed[302]", "assert 200 == 302|assert 1 == 0",
          "backend/webhooks/egress.py",
          (("            return Reply(response.status, names, bytes(received[:BODY_BYTES_MAX]), took)\n",
            '            if 300 <= response.status <= 399 and "location" in names:\n'
            '                return await self._exchange(pool, names["location"], headers, body, started)\n'
            "            return Reply(response.status, names, bytes(received[:BODY_BYTES_MAX]), took)\n"),)),
    Guard("the address that is dialled was checked", "tests/integration/test_egress.py::"
          "test_a_name_that_rebinds_between_two_deliveries_is_refused_the_second_time", "DID NOT RAISE|Failed",
          "backend/webhooks/egress.py",
          (("        checked = self._checked(await self._addresses(host, port), port)\n",
            "        checked = await self._addresses(host, port)\n"),)),
    Guard("no webhook to a port of our own", "tests/integration/test_egress.py::"
          "test_a_name_that_leads_to_a_port_of_our_own_is_never_dialled", "DID NOT RAISE|Failed",
          "backend/webhooks/egress.py",
          (("            if port in self._taken and (address.is_loopback or address in self._own):\n",
            "            if False:\n"),)),
    Guard("any 2xx is success", "tests/integration/test_webhooks.py::test_any_2xx_is_success", "'failed'",
          "backend/webhooks/deliveries.py",
          (("    fine = 200 <= reply.status <= 299\n", "    fine = reply.status == 200\n"),)),
    Guard("a lost lease cannot write", "tests/integration/test_webhooks.py::test_a_lost_lease_cannot_write",
          r"assert \[\{'failures': 1\}\] == \[\{'failures': 0\}\]", SQL,
          ((" AND lease = (p->>'lease')::int RETURNING * INTO d;", " RETURNING * INTO d;"),)),
    Guard("a late commit is not passed over", "tests/integration/test_webhooks.py::"
          "test_a_late_commit_is_not_passed_over", r"assert \(0, 0\) == \(1, 0\)", SQL,
          (("     WHERE o.env = p_env AND o.dispatched_at IS NULL\n       AND (o.event_id = ANY (p_heard)",
            "     WHERE o.env = p_env AND o.dispatched_at IS NULL AND o.id > coalesce((\n"
            "       SELECT max(b.id) FROM outbox b WHERE b.env = p_env AND b.dispatched_at IS NOT NULL), 0)\n"
            "       AND (o.event_id = ANY (p_heard)"),)),

    # ---- strangers with stolen cards, and keys that may see little
    Guard("tries under way are held", f"{TESTING}::test_a_crowd_at_one_moment_gets_no_further_than_one_after_another",
          r"<= 20", SQL, (("    ELSIF b.declined + b.underway > e.room + more THEN", "    ELSIF false THEN"),)),
    Guard("a payment is closed after five declines", f"{TESTING}::"
          "test_a_script_is_stopped_and_honest_shoppers_pay[one_intent]", r"<= \(?\d+", SQL,
          (("    IF b.declined >= e.most + more THEN", "    IF false THEN"),)),
    Guard("a shopper hears one decline", "tests/unit/test_published.py::"
          "test_every_judgement_of_an_issuer_reads_the_same", "insufficient_funds|expired_card|incorrect_cvc",
          "backend/published.py",
          (("    return plain(shown) if rule is _ERROR else shown\n", "    return shown\n"),)),
    Guard("one table of what a shopper sees", f"{KEYS}::"
          "test_every_answer_shows_what_the_table_says_and_no_more[intent_paths]", "'metadata'|'customer'",
          "api/endpoint.py", (("                answer = narrowed(answer)\n", "                pass\n"),)),
    Guard("a restricted key sees ids", "tests/conformance/test_restricted_keys_python.py::"
          "test_lists_and_searches_keep_to_it", "ada@example.com", "api/endpoint.py",
          (("    if visit.granted is None:\n        return answer\n", "    return answer\n"),)),
    Guard("a try that failed while it waited holds no place", "tests/integration/test_payment_links.py::"
          "test_a_check_that_failed_holds_no_place", "'status'", "backend/checkout_sessions/sessions.py",
          (("        await places.failed(ctx, tx, row, tried.bury(row))\n", "        pass\n"),)),

    # ---- a request that comes again, and what stood before
    Guard("a release that comes again hears its answer", f"{AGAIN}::"
          "test_a_release_that_waited_and_failed_is_replayed", "a key is held", "backend/exchanges/commits.py",
          (("        if state == sql.HELD:", "        if False:"),)),
    Guard("a try that comes again is not counted", f"{AGAIN}::test_a_try_that_comes_again_asks_and_counts_once",
          r"\}, 3\) == \(", "backend/payments/intents.py",
          (("    await idempotency.answered(ctx)  # a request that comes again asks nobody and is not counted\n",
            ""),)),
    Guard("a joined commit that wrote nothing is sent one by one", "tests/integration/test_races.py::"
          "test_a_key_that_is_taken_lets_what_only_releases_another_be_done", r"Replay\('replayed'\) is None",
          "backend/combiner.py",
          (("            if len(batch) > 1 and self._idle(result):", "            if False:"),)),
    Guard("a document says nothing that would be dropped", "tests/unit/test_rows.py::"
          "test_nothing_is_sent_that_was_stopped", "AttributeError", "backend/exchanges/commits.py",
          (("    lists.check(doc)\n    stage =", "    stage ="),)),
    Guard("a change leaves what it does not name", "tests/integration/test_changes.py::"
          "test_a_change_of_a_charge_leaves_what_it_does_not_name", "illegal charge transition", SQL,
          (("FROM jsonb_populate_record(o, c.change) g)", "FROM jsonb_populate_record(NULL::charge, c.change) g)"),)),
    Guard("what was captured and given back is refunded whole", "tests/integration/test_releases.py::"
          "test_a_part_that_was_captured_before_releases_had_refunds_is_refunded_when_all_of_it_is_given_back",
          r"\(6000, False\)", "backend/refunds/outcomes.py",
          (("total == charge.amount_captured + released", "total == charge.amount"),)),

    # ---- one address for the whole API, and for nothing else
    Guard("the vault's address leads nowhere else", f"{VAULT}::test_no_path_leads_out_of_the_api[GET-/v1/../login]",
          "JSONDecodeError", "vault/api_line.py",
          (('        if unquote(asked) != unquote(sent) or {".", ".."} & set(asked.split("/")):',
            "        if False:"),)),
    Guard("only accounts pass the search for cards", "tests/unit/test_substitutes.py::"
          "test_the_name_of_an_account_hides_no_card_elsewhere", "DID NOT RAISE", "vault/substitutes.py",
          (("if not _ACCOUNTS.fullmatch(name) and", 'if not name.endswith(("iban]", "number]")) and'),)),
    Guard("the vault repeats no value", "tests/integration/test_vault_http.py::"
          "test_what_was_typed_in_the_wrong_place_is_not_repeated[other0]", "731", "backend/fields/tables.py",
          (("            if not self.silent:\n", "            if True:\n"),)),
    Guard("no address of the vault's holds a card", "tests/integration/test_vault_http.py::"
          "test_a_number_in_the_address_is_refused", "parameter_missing|200", "vault/passing.py",
          (("    _search_head(request)\n    return await bodies.given(", "    return await bodies.given("),)),
    Guard("no error repeats a card", "tests/unit/test_doors_agree.py::"
          "test_no_error_leaves_with_a_card_number", "4242", "backend/web/errors.py",
          (("    error.message = card_numbers.hide(error.message)\n", ""),)),
    Guard("what a receiver says is cleaned", "tests/integration/test_webhooks.py::"
          "test_numbers_and_secrets_that_a_receiver_says_are_not_kept", "card 4242 4242 4242 4242",
          "backend/webhooks/deliveries.py",
          (("        body = cleaning.text(body).encode()[:BODY_BYTES_MAX]\n", "        pass\n"),)),

    # ---- a mail for a reason once
    wall("of one reason one mail", "of one reason one mail",
         "  CONSTRAINT one_mail_for_a_reason UNIQUE (env, reason, address),\n", ""),
    Guard("who lost a mail's lease records nothing", f"{MAIL}::test_who_lost_the_lease_records_nothing",
          "'failed', 1|'sent', 2", "backend/mail/functions/mail_record.sql",
          ((" AND lease = (p->>'lease')::int AND status = 'waiting'", ""),)),
    Guard("a mail keeps its name", f"{MAIL}::test_who_dies_late_leaves_it_to_the_next_under_the_same_name",
          "assert 2 == 1", "backend/mail/messages.py",
          (('f"<{id}@{sender', 'f"<{id}{os.urandom(4).hex()}@{sender'),
           ("from dataclasses", "import os\nfrom dataclasses"))),
    Guard("a receipt opens by its whole address only", "tests/integration/test_receipts.py::"
          "test_nobody_opens_a_receipt_with_less_than_its_address", "assert 200 == 404", "backend/payments/receipts.py",
          ((" or not same(found[2], _seal(runtime, charge))", ""),)),

    # ---- what a checkout page shows is what it charges
    Guard("an order that is being paid does not change", f"{ORDER}::test_an_order_that_is_being_paid_does_not_change",
          "assert 503 == 200", "backend/checkout_sessions/order.py",
          (('    if row["tries"]:\n        raise Locked', '    if False:\n        raise Locked'),)),
    Guard("the wall behind it", f"{ORDER}::test_the_database_keeps_what_was_paid", "DID NOT RAISE|do not add up", SQL,
          (("     AND (coalesce(OLD.tries, 0) > 0 OR OLD.status <> 'open'\n", "     AND (false\n"),)),
    Guard("a payment that stands takes the new total",
          f"{ORDER}::test_after_a_decline_the_order_changes_and_its_payment_follows", "assert 2500 == 2000",
          "backend/checkout_sessions/order.py",
          (('        await intents.reprice(ctx, tx, row["payment_id"], total)\n', "        pass\n"),)),
    Guard("only the total that was seen is charged", f"{ORDER}::test_another_total_than_the_one_seen_is_not_charged",
          "assert 200 == 400", "backend/checkout_sessions/sessions.py",
          (('        _require_seen(row, buyer.get("seen"))\n', ""),)),
    Guard("the lines come to what the session says",
          f"{ORDER}::test_sums_that_are_not_those_of_the_lines_are_no_row", "DID NOT RAISE|Regex pattern did not match",
          SQL, (("AND NOT pay.session_adds_up(NEW)", "AND false"),)),
    Guard("the merchant hears the answers of the try that paid", "tests/integration/test_checkout_answers.py::"
          "test_a_try_that_failed_does_not_redirect_the_goods_of_one_that_pays", "assert .'9 Other Str",
          "backend/checkout_sessions/tried.py",
          (("kept.get(payment_method) or ", ""), ("        del kept[payment_method]\n", "        pass\n"))),
]
