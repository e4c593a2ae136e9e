"""Nothing of this process leaves the machine: it listens on, and calls, the loopback address only."""

import ipaddress
import socket
import sys
from functools import cached_property

from localstack.aws.components import AwsComponents
from localstack.runtime.server.twisted import TwistedRuntimeServer
from plux.runtime.filter import global_plugin_filter
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor


def confine() -> None:
    """Refuses whatever would leave the machine, whichever code of this process asks for it."""
    sys.addaudithook(_refuse)
    # It would fetch a list of what other editions of LocalStack have.
    global_plugin_filter.add_exclusion(
        namespace="localstack.utils.catalog", name="aws-catalog-remote-state"
    )


def _refuse(event: str, arguments: tuple) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        if not _is_here(host):
            _tell(f"{host} is not looked up")
            raise socket.gaierror(socket.EAI_NONAME, f"{host} is not this machine")
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            _tell(f"{address[0]} is not called")
            raise ConnectionRefusedError(f"{address[0]} is not this machine")


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    # To call the unspecified address is to call this machine.
    return address.is_loopback or address.is_unspecified


def _tell(line: str) -> None:
    print(f"refused: {line}", file=sys.stderr, flush=True)


class LoopbackServer(TwistedRuntimeServer):
    """LocalStack's own listens on every address of the machine."""

    def register(self, gateway, listen, ssl_creds=None) -> None:
        for address in listen:
            endpoint = endpoints.TCP4ServerEndpoint(reactor, address.port, interface=address.host)
            endpoint.listen(TwistedGateway(gateway))


class LoopbackComponents(AwsComponents):
    """All of LocalStack's, but for the server."""

    name = "loopback"

    @cached_property
    def runtime_server(self) -> LoopbackServer:
        return LoopbackServer()
