"""Runs LocalStack's services until it is told to stop.

    python -m core --port 4566 --data DIR --node node --dynoxide dynoxide

Answers on 127.0.0.1 only. Keeps nothing over a restart: what it writes lies below `--data`, outside
the project, where no function finds the project's package.json and node_modules.
"""

import argparse
import os
import signal
import sys

from . import children, settings


def parse(arguments: list[str]) -> settings.Settings:
    parser = argparse.ArgumentParser(prog="core", description="LocalStack without Docker.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=os.path.abspath, required=True, help="a folder of its own")
    parser.add_argument("--node", required=True, help="the program that runs functions")
    parser.add_argument("--dynoxide", required=True, help="the program that is DynamoDB")
    parser.add_argument(
        "--function-processes", type=int, default=40, help="how many functions run, or wait, at once"
    )
    return settings.Settings(**vars(parser.parse_args(arguments)))


def end(*_) -> None:
    """Ends at once: nothing is kept, and LocalStack takes its time to stop services that are busy."""
    children.end_all()
    os._exit(0)


def main() -> None:
    settings.use(parse(sys.argv[1:]))
    # Only now, for LocalStack reads the environment when it is imported.
    from . import patches, plugins

    patches.fit_python()
    plugins.announce()

    from . import loopback

    loopback.confine()
    patches.check()
    patches.take_templates_from_s3()
    patches.name_s3_localhost()

    from localstack.logging.setup import setup_logging_from_config
    from localstack.runtime.current import initialize_runtime

    setup_logging_from_config()
    runtime = initialize_runtime()
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    runtime.run()


main()
