"""Changes to code that is not ours, where there is no plug-in point: few, and each with its reason.

All were made for one version of LocalStack. `check` refuses any other that they don't fit.
"""

import hashlib
import importlib
import inspect
import sys
import threading
import uuid
from importlib.metadata import version

MADE_FOR = "4.12.0"

# Whatever of LocalStack's is replaced here, overridden or stood in for, and its parameters.
RELIED_ON = {
    "localstack.runtime.server.twisted:TwistedRuntimeServer.register": "self gateway listen ssl_creds",
    "localstack.services.lambda_.invocation.runtime_executor:RuntimeExecutor": "id function_version",
    "localstack.services.lambda_.invocation.runtime_executor:RuntimeExecutor.start": "self env_vars",
    "localstack.services.lambda_.invocation.runtime_executor:RuntimeExecutor.invoke": "self payload",
    "localstack.services.lambda_.invocation.lambda_models:InvocationResult": (
        "request_id payload is_error logs executed_version"
    ),
    "localstack.services.dynamodb.v2.provider:DynamoDBProvider._new_dynamodb_server": "",
    "localstack.services.dynamodb.v2.provider:DynamoDBProvider.get_forward_url": (
        "self account_id region_name"
    ),
    "localstack.services.dynamodbstreams.v2.provider:DynamoDBStreamsProvider.forward_request": (
        "self context service_request"
    ),
    "localstack.services.dynamodbstreams.v2.provider:DynamoDBStreamsProvider.modify_stream_arn_for_ddb_local": (
        "self stream_arn"
    ),
    "localstack.aws.forwarder:AwsRequestProxy.new_request_context": "self original service_request",
    "localstack.services.cloudformation.api_utils:get_template_body": "req_data",
    "localstack.services.cloudformation.api_utils:extract_template_body": "request",
}


def check() -> None:
    """Ends this process, with a line, where LocalStack is not as what stands in for its parts expects."""
    found = version("localstack-core")
    for place, parameters in RELIED_ON.items():
        if _parameters_of(place) != parameters.split():
            sys.exit(
                f"error: LocalStack {found} does not fit: {place} is not as in {MADE_FOR}, "
                "which localstack/requirements pins"
            )


def _parameters_of(place: str) -> list[str] | None:
    module, _, names = place.partition(":")
    try:
        found = importlib.import_module(module)
        for name in names.split("."):
            found = getattr(found, name)
        return [name for name in inspect.signature(found).parameters if not name.startswith("_")]
    except (ImportError, AttributeError):
        return None


def take_templates_from_s3() -> None:
    """One of two functions asks the S3 of AWS for a template first, and then the S3 that is here."""
    from localstack.services.cloudformation import api_utils

    api_utils.get_template_body = api_utils.extract_template_body


def name_s3_localhost() -> None:
    """It would look up s3.localhost, to call its own S3 so where there is such a name."""
    from localstack.utils.aws import aws_stack

    aws_stack.CACHE_S3_HOSTNAME_DNS_STATUS = False


def fit_python() -> None:
    """LocalStack's code is for Python 3.13; an earlier one lacks two things that it uses.

    Must come before anything of LocalStack is imported.
    """
    if sys.version_info < (3, 13):
        _import_with_type_of_lock()
    if sys.version_info < (3, 12):
        uuid.uuid5 = _uuid5


def _import_with_type_of_lock() -> None:
    """`Lock | None` is a type since 3.13; before, `Lock` is a function. One module has it."""
    make_lock = threading.Lock
    threading.Lock = type("Lock", (), {"__new__": lambda cls: make_lock()})
    importlib.import_module("localstack.packages.api")
    threading.Lock = make_lock


def _uuid5(namespace: uuid.UUID, name: str | bytes) -> uuid.UUID:
    """As in 3.12, where the name may be bytes. KMS makes ids so of its keys."""
    name = name if isinstance(name, bytes) else name.encode()
    digest = hashlib.sha1(namespace.bytes + name, usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5)
