"""Webhook signatures, checked with the libraries that receivers use: stripe and standardwebhooks."""

import base64
import re
import time

import pytest
import standardwebhooks
import stripe

from backend.webhooks import signatures

BODY = '{"id": "evt_1", "object": "event", "name": "Zoë"}'.encode()


def test_a_secret_serves_both_schemes():
    secret = signatures.generate()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 33


def test_a_secret_is_one_word_of_letters_and_digits():
    made = {signatures.generate() for _ in range(300)}
    assert len(made) == 300
    assert all(re.fullmatch(r"whsec_[A-Za-z0-9]{44}", secret) for secret in made)


def test_a_secret_of_an_earlier_release_signs_as_before():
    secret, now = "whsec_c2VjcmV0IG9mIDMyIGJ5dGVzIHdpdGggLysrLyA9PT0=", int(time.time())
    headers = signatures.headers([secret], "evt_1", now, BODY, livemode=True, both=True)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), headers["Stripe-Signature"], secret, tolerance=300)
    standardwebhooks.Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("livemode", [True, False])
def test_the_official_libraries_accept_the_signatures(livemode):
    secret, now = signatures.generate(), int(time.time())
    headers = signatures.headers([secret], "evt_1", now, BODY, livemode=livemode, both=True)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), headers["Stripe-Signature"], secret, tolerance=300)
    standardwebhooks.Webhook(secret).verify(BODY, headers)
    assert ("v0=" in headers["Stripe-Signature"]) is not livemode


def test_a_body_that_was_rendered_again_is_refused():
    secret, now = signatures.generate(), int(time.time())
    headers = signatures.headers([secret], "evt_1", now, BODY, livemode=True, both=True)
    other = BODY.replace(b": ", b":").decode()
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(other, headers["Stripe-Signature"], secret, tolerance=300)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(other, headers)


def test_a_signature_older_than_five_minutes_is_refused():
    secret, then = signatures.generate(), int(time.time()) - 301
    headers = signatures.headers([secret], "evt_1", then, BODY, livemode=True, both=True)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY.decode(), headers["Stripe-Signature"], secret, tolerance=300)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(BODY, headers)


def test_while_a_secret_rolls_both_verify():
    old, new, now = signatures.generate(), signatures.generate(), int(time.time())
    headers = signatures.headers([new, old], "evt_1", now, BODY, livemode=True, both=True)
    assert headers["Stripe-Signature"].count("v1=") == 2
    for secret in (old, new):
        assert stripe.WebhookSignature.verify_header(BODY.decode(), headers["Stripe-Signature"], secret, tolerance=300)
        standardwebhooks.Webhook(secret).verify(BODY, headers)


def test_the_second_set_can_be_left_out():
    headers = signatures.headers([signatures.generate()], "evt_1", 1, BODY, livemode=True, both=False)
    assert list(headers) == ["Stripe-Signature"]
