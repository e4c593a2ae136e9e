"""DynamoDB and its streams by dynoxide, a process for each account and region.

LocalStack's second provider hands every request on to DynamoDB Local, a Java program. Here it hands
them to dynoxide, which knows neither accounts nor regions.
"""

import functools
import os
import sqlite3
import subprocess
import threading
from contextlib import closing

import urllib3
from localstack.aws.client import parse_response, raise_service_exception
from localstack.aws.forwarder import AwsRequestProxy, HttpFallbackDispatcher
from localstack.http import Response
from localstack.services.dynamodb.v2.provider import DynamoDBProvider
from localstack.services.dynamodbstreams.v2.provider import DynamoDBStreamsProvider
from localstack.services.plugins import Service
from localstack.services.providers import aws_provider
from localstack.utils.net import get_free_tcp_port, wait_for_port_open

from . import children, settings

# dynoxide (1.2.1) looks through the records of all streams at each write and each read of one.
# local/databases/stream-index.ts has the same for `npm start`.
STREAM_INDEXES = """
CREATE INDEX stream_by_sequence ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
CREATE INDEX stream_by_shard
    ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));
"""

# What a request is sent on with, the signature aside, which dynoxide wants to be there.
HEADERS = ("X-Amz-Target", "X-Amz-Date", "Content-Type", "Authorization")

THEIR_ARN = b":dynamodb:dynoxide:000000000000:"


class Dynoxides:
    """Has the parts of LocalStack's `DynamodbServer` that its providers use."""

    def __init__(self) -> None:
        self._urls: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(maxsize=64)

    def start_dynamodb(self) -> None:
        """Each starts when its region is first called."""

    def stop_dynamodb(self) -> None:
        """Each ends with this process."""

    def url_of(self, account: str, region: str) -> str:
        with self._lock:
            if (account, region) not in self._urls:
                self._urls[account, region] = _start(account, region)
            return self._urls[account, region]

    def proxy(self, context, service_request=None):
        """Hands a request on to the region's dynoxide. @returns its answer, parsed"""
        url = self.url_of(context.account_id, context.region)
        own_arn = f":dynamodb:{context.region}:{context.account_id}:".encode()
        if service_request is not None:
            context = AwsRequestProxy.new_request_context(None, context, service_request)
        request = context.request
        answer = self._pool.request(
            "POST",
            url,
            body=request.get_data().replace(own_arn, THEIR_ARN),
            headers={name: request.headers[name] for name in HEADERS if name in request.headers},
        )
        response = Response(
            answer.data.replace(THEIR_ARN, own_arn),
            status=answer.status,
            headers={"Content-Type": answer.headers["Content-Type"]},
        )
        parsed = parse_response(context.operation, context.protocol, response, False)
        raise_service_exception(response, parsed)
        return parsed


def _start(account: str, region: str) -> str:
    """@returns where it answers"""
    folder = f"{settings.given.data}/dynamodb/{account}"
    os.makedirs(folder, exist_ok=True)
    file = f"{folder}/{region}.db"
    port = get_free_tcp_port()
    where = ["--host", "127.0.0.1", "--port", str(port), "--db-path", file]
    children.start(
        [*children.UNTIL_STDIN_ENDS, settings.given.dynoxide, "serve", *where],
        stdout=subprocess.DEVNULL,
    )
    wait_for_port_open(port, sleep_time=0.05, retries=200)
    with closing(sqlite3.connect(file)) as database:
        database.executescript(STREAM_INDEXES)
    return f"http://127.0.0.1:{port}"


@functools.cache
def dynoxides() -> Dynoxides:
    """The tables and their streams are served by the same processes."""
    return Dynoxides()


class DynoxideProvider(DynamoDBProvider):
    @staticmethod
    def _new_dynamodb_server() -> Dynoxides:
        return dynoxides()

    def get_forward_url(self, account_id: str, region_name: str) -> str:
        return self.server.url_of(account_id, region_name)


class DynoxideStreamsProvider(DynamoDBStreamsProvider):
    def __init__(self) -> None:
        self.server = dynoxides()
        self.shard_to_region = {}

    def modify_stream_arn_for_ddb_local(self, stream_arn: str) -> str:
        """The server maps names itself, and an iterator of dynoxide's is none."""
        return stream_arn


@aws_provider(api="dynamodb", name="dynoxide")
def dynamodb() -> Service:
    return Service.for_provider(
        DynoxideProvider(),
        dispatch_table_factory=lambda provider: HttpFallbackDispatcher(
            provider, provider.get_forward_url
        ),
    )


@aws_provider(api="dynamodbstreams", name="dynoxide")
def dynamodbstreams() -> Service:
    return Service.for_provider(DynoxideStreamsProvider())
