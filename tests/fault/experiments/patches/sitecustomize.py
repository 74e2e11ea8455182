"""Guards removed from a process under test: first on PYTHONPATH, this patches a module as MUTANT says, once loaded.

`call_first`: a payment is recorded only after its message was sent. `blind`: whoever has an answer applies it, though
somebody else has settled the attempt meanwhile (its half in the database is in experiments/matrix_mutants.py).
"""

import importlib.abc
import importlib.util
import os
import sys

_MODULE = "backend.exchanges.engine"


def _call_first(engine):
    begin, send, waiting = engine.begin, engine.send, {}

    async def begin_later(ctx, subject, attempt, doc):
        waiting[attempt.id] = (subject, attempt, doc)

    async def send_now(ctx, subject, attempt, **more):
        answer = await send(ctx, subject, attempt, **more)
        if attempt.id in waiting:
            await begin(ctx, *waiting.pop(attempt.id))
        return answer

    engine.begin, engine.send = begin_later, send_now


def _blind(engine):
    async def ours(ctx, attempt):
        return True

    assert engine.attempts.ours  # the name that is patched is the one that is asked
    engine.attempts.ours = ours


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def load_and_patch(module):
            load(module)
            {"call_first": _call_first, "blind": _blind}[os.environ["MUTANT"]](module)

        spec.loader.exec_module = load_and_patch
        return spec


if os.environ.get("MUTANT"):
    sys.meta_path.insert(0, _Finder())
