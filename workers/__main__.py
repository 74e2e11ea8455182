"""`python -m workers`: starts one worker process; SIGTERM and SIGINT let it finish what is in flight."""

import asyncio
import signal
import sys

from backend import logs
from backend.config import Settings
from backend.migrations.revisions import WrongRevision
from backend.runtime import opened
from backend.webhooks.egress import guarded
from workers.process import Process

try:
    from uvloop import run
except ImportError:  # no wheel for this platform: slower, and the same otherwise
    from asyncio import run  # type: ignore[assignment]


async def main(settings: Settings) -> None:
    """Run until a signal asks to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opened(settings, "worker") as runtime:
        egress = guarded(settings)
        try:
            await Process(runtime, egress).run(stop)
        finally:
            await egress.close()


if __name__ == "__main__":
    settings = Settings()
    logs.install(settings.log_level)
    try:
        run(main(settings))
    except WrongRevision as error:
        sys.exit(str(error))
