"""`sealq serve`: serve HTTP and the pages."""

from __future__ import annotations

import signal
import sys

import click

from sealq_configs.settings import LoadedSettings, Settings

pass_settings = click.make_pass_decorator(LoadedSettings)


@click.command()
@click.option("--host", help="Address to bind; any but loopback wants API keys.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to bind.")
@pass_settings
def serve(loaded: LoadedSettings, host: str | None, port: int | None) -> None:
    """Serve HTTP and the pages, until it is told to stop.

    What is sent goes into the queue: workers (`sealq worker`) read it.
    """
    import uvicorn

    from sealq_web.app import check_keys, create_app

    settings = _with(loaded.settings, host, port)
    check_keys(settings)
    shown = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
    click.echo(f"Serving http://{shown}:{settings.web_port}/ (Ctrl-C ends it).", err=True)
    # uvicorn ends its work first, and then lets the signal do what it would have done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(settings),
        host=settings.web_host,
        port=settings.web_port,
        # sealq's own logging stands; it has a line for each request.
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.stop_seconds,
    )


def _with(settings: Settings, host: str | None, port: int | None) -> Settings:
    given = {"web_host": host, "web_port": port}
    return settings.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
