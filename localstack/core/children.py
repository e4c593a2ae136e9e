"""The processes that this one starts: none outlives it, however it ends."""

import subprocess

_children: set[subprocess.Popen] = set()

# Ends a program that doesn't heed its standard input when that is closed, as it is when this process
# ends, however that comes.
UNTIL_STDIN_ENDS = ["/bin/sh", "-c", '"$@" & read -r _; kill -9 $!', "sh"]


def start(command: list[str], **options) -> subprocess.Popen:
    """Starts a program, with a pipe to its standard input whose end must be the program's own."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE, **options)
    _children.add(child)
    return child


def end(child: subprocess.Popen) -> None:
    _children.discard(child)
    child.stdin.close()
    child.kill()
    child.wait()


def end_all() -> None:
    for child in list(_children):
        end(child)
