"""MiniStack, with the events of REST APIs as AWS and LocalStack make them.

Run in place of `python -m ministack.app`, with the same environment. Each function of MiniStack's that
is replaced here says why; where one is gone or takes other parameters, nothing starts.
"""

import inspect
import sys
import time
from base64 import b64encode
from contextvars import ContextVar
from datetime import datetime, timezone
from importlib.metadata import version
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import parse_qsl
from uuid import uuid4

from hypercorn.config import Config
from hypercorn.protocol.h11 import H11Protocol
from ministack import app as server
from ministack.services import apigateway_v1 as gateway

# Every other method is unknown to API Gateway, also where a route takes ANY.
METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

# What API Gateway keeps for itself.
DROPPED_HEADERS = {
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
}

# The only names that API Gateway writes its own way; the others stay as sent.
OWN_NAMES = {"authorization": "Authorization", "user-agent": "User-Agent"}

# What it leaves to itself to say, and sends under another name.
RENAMED_HEADERS = {"www-authenticate": "x-amzn-Remapped-WWW-Authenticate"}


class Sent(NamedTuple):
    """A request as it came over the wire."""

    headers: list  # of pairs of bytes, the names as written
    query: str
    client_ip: str
    port: int


sent: ContextVar[Sent] = ContextVar("sent")
execution: ContextVar[tuple] = ContextVar("execution")  # method and path of the REST API call


def replace(owner, name, replacement):
    """Puts a function in the place of one that takes the same parameters, which is returned."""
    original = getattr(owner, name, None)
    if original is None or parameters(original) != parameters(replacement):
        sys.exit(
            f"{__file__} does not fit MiniStack {version('ministack')}: {owner.__name__}.{name} is "
            "gone or takes other parameters"
        )
    setattr(owner, name, replacement)
    return original


def parameters(function):
    return list(inspect.signature(function).parameters)


async def app(scope, receive, send):
    """Decodes no path of a REST API, and remembers what the rest of MiniStack forgets of a request."""
    if scope["type"] != "http":
        return await mini_app(scope, receive, send)
    host, port = scope.get("server") or ("", 0)
    client_ip, _ = scope.get("client") or ("127.0.0.1", 0)
    sent.set(Sent(scope["headers"], scope["query_string"].decode("latin-1"), client_ip, port))
    headers = [(name.lower(), value) for name, value in scope["headers"]]
    raw_path = scope["raw_path"].decode("latin-1")
    host = dict(headers).get(b"host", b"").decode("latin-1")
    is_rest_api = server._parse_execute_api_url(host, raw_path) is not None
    path = raw_path if is_rest_api else scope["path"]
    await mini_app({**scope, "headers": headers, "path": path}, receive, send)


async def _check_protocol(self, event):
    """Takes no offer to change to HTTP/2: clients that offer it (Java's) get no other events."""


async def _execute_in_scope(
    request, api_id, stage_name, method, path, headers, body, query_params, owner_account_id, owner_region
):
    """Tells `_match_resource_tree` of the method, and of the path as it is."""
    execution.set((method, path))
    return await mini_execute_in_scope(
        request, api_id, stage_name, method, path, headers, body, query_params, owner_account_id, owner_region
    )


def _match_resource_tree(api_id, segments):
    """Skips no empty segments (`/info//2` is not `/info/2`), and finds nothing for unknown methods."""
    method, path = execution.get(("GET", "/".join(segments)))
    if method not in METHODS:
        return None, {}
    segments = path.strip("/").split("/")
    resource, params = mini_match_resource_tree(api_id, segments)
    if "" in params.values():
        return gateway._match_greedy_fallback(api_id, segments, method)
    return resource, params


def _build_lambda_event_v1(
    api_id,
    stage_name,
    stage,
    resource,
    request_path,
    method,
    headers,
    body,
    query_params,
    path_params,
    *,
    binary_media_types=None,
    authorizer_context=None,
    caller_identity=None,
):
    """Keeps the names of headers, every value of what is repeated, and bytes that are not UTF-8."""
    request = sent.get()
    all_headers = collect_headers(request)
    query = collect(parse_qsl(request.query, keep_blank_values=True))
    try:
        text, is_base64 = body.decode() or None, False
    except UnicodeDecodeError:
        text, is_base64 = b64encode(body).decode(), True
    host = next((values[-1] for name, values in all_headers.items() if name.lower() == "host"), "")
    domain_name = host.split(":")[0]
    now = time.time()
    return {
        "resource": resource["path"],
        # Slashes that it begins with are one.
        "path": "/" + request_path.lstrip("/"),
        "httpMethod": method,
        "headers": last_values(all_headers),
        "multiValueHeaders": all_headers,
        "queryStringParameters": last_values(query) or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": path_params or None,
        "stageVariables": stage.get("variables") or None,
        "body": text,
        "isBase64Encoded": is_base64,
        "requestContext": {
            "accountId": gateway.get_account_id(),
            "apiId": api_id,
            "deploymentId": stage.get("deploymentId"),
            "domainName": domain_name,
            "domainPrefix": domain_name.split(".")[0],
            "extendedRequestId": token_hex(8),
            "httpMethod": method,
            "identity": {
                "accountId": None,
                "accessKey": None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": request.client_ip,
                "user": None,
                "userAgent": last_values(all_headers).get("User-Agent"),
                "userArn": None,
                **(caller_identity or {}),
            },
            "path": f"/{stage_name}{request_path}",
            "protocol": "HTTP/1.1",
            "requestId": str(uuid4()),
            "requestTime": datetime.fromtimestamp(now, timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now * 1000),
            "resourceId": resource["id"],
            "resourcePath": resource["path"],
            "stage": stage_name,
            **({} if authorizer_context is None else {"authorizer": authorizer_context}),
        },
    }


def _lambda_proxy_response(result):
    """Renames what API Gateway renames of a function's answer."""
    response, error = mini_lambda_proxy_response(result)
    if response is not None:
        headers = response.get("headers") or {}
        renamed = {RENAMED_HEADERS.get(name.lower(), name): value for name, value in headers.items()}
        response = {**response, "headers": renamed}
    return response, error


def collect_headers(request):
    """All values by name; a name that is written in two ways is one, as written last."""
    names = {}
    pairs = []
    for raw_name, raw_value in request.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name.lower() not in DROPPED_HEADERS:
            names[name.lower()] = OWN_NAMES.get(name.lower(), name)
            pairs.append((name.lower(), value))
    values = {names[key]: found for key, found in collect(pairs).items()}
    trace_id = names.get("x-amzn-trace-id")
    own = {
        "X-Forwarded-For": request.client_ip,
        "X-Forwarded-Port": str(request.port),
        "X-Forwarded-Proto": "http",
        "X-Amzn-Trace-Id": values[trace_id][-1] if trace_id else f"Root=1-{int(time.time()):x}-{token_hex(12)}",
    }
    replaced = {name.lower() for name in own}
    kept = {name: found for name, found in values.items() if name.lower() not in replaced}
    return {**kept, **{name: [value] for name, value in own.items()}}


def collect(pairs):
    """All values by name, in order."""
    values = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def last_values(values):
    return {name: found[-1] for name, found in values.items()}


mini_app = replace(server, "app", app)
mini_execute_in_scope = replace(gateway, "_execute_in_scope", _execute_in_scope)
mini_match_resource_tree = replace(gateway, "_match_resource_tree", _match_resource_tree)
replace(gateway, "_build_lambda_event_v1", _build_lambda_event_v1)
replace(H11Protocol, "_check_protocol", _check_protocol)
mini_lambda_proxy_response = replace(gateway, "_lambda_proxy_response", _lambda_proxy_response)
# The names of headers as they were sent: `app` above hands them on in lower case.
Config.h11_pass_raw_headers = True

if __name__ == "__main__":
    server.main()
