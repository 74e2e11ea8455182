"""One idempotency key, many requests: the short form of the experiment."""

from tests.fault.experiments import keys


async def test_a_key_is_executed_once_whoever_sends_it_and_when() -> None:
    found = await keys.run(20261121, quick=True)
    assert found["verdict"] == "pass", found
