"""What LocalStack is told, by the environment in which it looks for its settings."""

import os
import tempfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    port: int
    data: str
    """The folder of all that is written."""
    node: str
    dynoxide: str
    function_processes: int
    """How many processes of functions there are at most."""


given: Settings


def use(chosen: Settings) -> None:
    """Sets the environment, which is then LocalStack's and that of nothing it starts."""
    global given
    given = chosen
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    tempfile.tempdir = f"{chosen.data}/tmp"
    os.makedirs(tempfile.tempdir, exist_ok=True)
    os.environ.update(_environment(chosen))


def _environment(chosen: Settings) -> dict[str, str]:
    return {
        "GATEWAY_LISTEN": f"127.0.0.1:{chosen.port}",
        # In the URLs that it answers with. No name is looked up for them: see loopback.py.
        "LOCALSTACK_HOST": f"localhost:{chosen.port}",
        "SQS_ENDPOINT_STRATEGY": "path",
        "FILESYSTEM_ROOT": f"{chosen.data}/localstack",
        "HOME": chosen.data,
        # As the command line of LocalStack marks the process that is the emulator.
        "LOCALSTACK_INFRA_PROCESS": "1",
        # Services start when they are first called.
        "EAGER_SERVICE_LOADING": "0",
        # What stands in for Docker and Java: see plugins.py.
        "RUNTIME_COMPONENTS": "loopback",
        "LAMBDA_RUNTIME_EXECUTOR": "node",
        "PROVIDER_OVERRIDE_DYNAMODB": "dynoxide",
        "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "dynoxide",
        # An idle function's process ends after a minute.
        "LAMBDA_KEEPALIVE_MS": "60000",
        # No DNS server, no reports of what is used, no certificate from outside.
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        # Whether it has the types of a stack it would ask a list from outside. A test has compared them.
        "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "1",
        # A client that finds no keys would ask the machine's metadata service, outside this machine.
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
