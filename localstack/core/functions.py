"""Lambda functions in Node processes, at LocalStack's plug-in point for what runs functions.

LocalStack decides when an execution environment is made, used again and given up, and makes an executor
for each. An executor's process starts when it is first needed, and anew after it ended: because the
function crashed or took too long, or because its place was wanted by another.
"""

import json
import os
import queue
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from . import children, settings

RUNTIME = str(Path(__file__).with_name("function-runtime.mjs"))
LOOPBACK = "127.0.0.1"


class NodeExecutorPlugin(RuntimeExecutorPlugin):
    name = "node"

    def load(self, *_) -> type["NodeExecutor"]:
        return NodeExecutor


class FunctionError(Exception):
    """What Lambda answers for a function that could not."""

    def __init__(self, error: dict) -> None:
        super().__init__(error.get("errorMessage", ""))
        self.error = error


class FunctionProcess:
    """A Node process that has one function loaded."""

    def __init__(self, environment: dict[str, str], memory_mb: int) -> None:
        answers, answer_to = os.pipe()
        self._answers: queue.Queue[dict | None] = queue.Queue()
        self._printed: list[bytes] = []
        self._child = children.start(
            # A function that wants more than its memory ends, and only that one.
            [settings.given.node, f"--max-old-space-size={memory_mb}", RUNTIME, str(answer_to)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=environment["LAMBDA_TASK_ROOT"],
            pass_fds=[answer_to],
        )
        os.close(answer_to)
        threading.Thread(target=self._listen, args=[answers], daemon=True).start()

    def _listen(self, answers: int) -> None:
        output = self._child.stdout.fileno()
        rest = b""
        with selectors.DefaultSelector() as open_pipes:
            for pipe in (output, answers):
                open_pipes.register(pipe, selectors.EVENT_READ)
            while open_pipes.get_map():
                ready = {key.fd for key, _ in open_pipes.select()}
                # Node writes to a pipe at once: what was printed before an answer is there when it is.
                for pipe in [pipe for pipe in (output, answers) if pipe in ready]:
                    chunk = os.read(pipe, 1 << 20)
                    if not chunk:
                        open_pipes.unregister(pipe)
                    elif pipe == output:
                        self._printed.append(chunk)
                    else:
                        *lines, rest = (rest + chunk).split(b"\n")
                        for line in lines:
                            self._answers.put(json.loads(line))
        os.close(answers)
        self._answers.put(None)

    def ask(self, message: dict) -> None:
        try:
            self._child.stdin.write(json.dumps(message).encode() + b"\n")
            self._child.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # It has ended, and that is its answer.

    def answer(self, deadline: float | None = None) -> dict:
        """Waits for the next answer. Raises queue.Empty at the deadline, FunctionError if it ends."""
        seconds = None if deadline is None else max(0.0, deadline - time.time())
        answer = self._answers.get(timeout=seconds)
        if answer is None:
            raise FunctionError(
                {
                    "errorType": "Runtime.ExitError",
                    "errorMessage": f"Runtime exited with error: {self._end_reason()}",
                }
            )
        if "error" in answer:
            raise FunctionError(answer["error"])
        return answer

    def _end_reason(self) -> str:
        code = self._child.wait()
        return f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def take_printed(self) -> str:
        """@returns what it printed since it was last asked"""
        chunks, self._printed = self._printed, []
        return b"".join(chunks).decode(errors="replace")

    def is_running(self) -> bool:
        return self._child.poll() is None

    def end(self) -> None:
        children.end(self._child)


class Places:
    """So many processes there may be. One too many takes the place of what has been idle longest."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._idle: list[NodeExecutor] = []
        self._changed = threading.Condition()

    @contextmanager
    def taken_by(self, executor: "NodeExecutor") -> Iterator[None]:
        """Waits while every place is taken by an executor that is at work."""
        with self._changed:
            if executor in self._idle:
                self._idle.remove(executor)
            else:
                self._changed.wait_for(lambda: self._free > 0 or self._idle)
                if self._idle and self._free == 0:
                    self._idle.pop(0).end_process()
                else:
                    self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                if executor.has_process():
                    self._idle.append(executor)
                else:
                    self._free += 1
                self._changed.notify()

    def give_up(self, executor: "NodeExecutor") -> None:
        """Ends an executor's process; one that is at work gives up its place when it notices."""
        with self._changed:
            executor.end_process()
            if executor in self._idle:
                self._idle.remove(executor)
                self._free += 1
                self._changed.notify()


class NodeExecutor(RuntimeExecutor):
    """An execution environment, which runs one invocation at a time."""

    _places = Places(settings.given.function_processes)

    def __init__(self, id, function_version) -> None:
        super().__init__(id, function_version)
        self._environment: dict[str, str] = {}
        self._process: FunctionProcess | None = None
        self._is_stopped = False

    def has_process(self) -> bool:
        if self._process and (self._is_stopped or not self._process.is_running()):
            self.end_process()
        return self._process is not None

    def end_process(self) -> None:
        process, self._process = self._process, None
        if process:
            process.end()

    # What LocalStack calls

    def start(self, env_vars) -> None:
        """Loads the function; LocalStack stops it where that takes too long."""
        version = self.function_version.config
        self._environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            **{name: str(value) for name, value in env_vars.items()},
            "LAMBDA_TASK_ROOT": str(version.code.get_unzipped_code_location()),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.runtime}",
            # The AWS SDK would warn of this machine's Node, and ask the machine's metadata service.
            "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        with self._places.taken_by(self):
            try:
                self._loaded().answer()
            except FunctionError as failure:
                self.end_process()
                raise StatusErrorException(str(failure), json.dumps(failure.error).encode()) from failure

    def _loaded(self) -> FunctionProcess:
        """The process, whose first answer is that the function is loaded if it has just been started."""
        self._process = FunctionProcess(self._environment, self.function_version.config.memory_size)
        return self._process

    def invoke(self, payload) -> InvocationResult:
        with self._places.taken_by(self):
            return self._invoke(payload)

    def _invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id, seconds = payload["invoke-id"], self.function_version.config.timeout
        started = time.time()
        deadline = started + seconds
        process = self._process
        error = None
        result = "null"
        try:
            if process is None:
                process = self._loaded()
                process.answer(deadline)
            process.ask(
                {
                    "requestId": request_id,
                    "functionArn": payload["invoked-function-arn"],
                    "traceId": payload["trace-id"],
                    "deadlineMs": int(deadline * 1000),
                    "payload": payload["payload"],
                }
            )
            result = process.answer(deadline)["result"]
        except FunctionError as failure:
            error = failure.error
        except queue.Empty:
            self.end_process()
            error = {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"Task timed out after {seconds:.2f} seconds",
            }
        if error and error["errorType"] in ("Runtime.ExitError", "Sandbox.Timedout"):
            error["errorMessage"] = f"RequestId: {request_id} Error: {error['errorMessage']}"
        milliseconds = (time.time() - started) * 1000
        return InvocationResult(
            request_id,
            (json.dumps(error) if error else result).encode(),
            is_error=error is not None,
            logs=self._log_of(request_id, process.take_printed(), milliseconds, error),
        )

    def _log_of(self, request_id: str, printed: str, milliseconds: float, error: dict | None) -> str:
        version = self.function_version
        lines = [
            f"START RequestId: {request_id} Version: {version.id.qualifier}",
            *printed.splitlines(),
            *([f"{error['errorType']}: {error['errorMessage']}"] if error else []),
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Memory Size: {version.config.memory_size} MB",
        ]
        return "\n".join(lines) + "\n"

    def stop(self) -> None:
        self._is_stopped = True
        self._places.give_up(self)

    def get_logs(self) -> str:
        return self._process.take_printed() if self._process else ""

    def get_address(self) -> str:
        return LOOPBACK

    def get_endpoint_from_executor(self) -> str:
        return LOOPBACK

    def get_runtime_endpoint(self) -> str:
        return f"http://{LOOPBACK}:{settings.given.port}"

    @classmethod
    def prepare_version(cls, function_version) -> None:
        """Raises ValueError, which becomes the function's state, of what has no Node process."""
        version = function_version.config
        if not (version.runtime or "").startswith("nodejs") or version.layers:
            raise ValueError("only functions of Node.js without layers run here")
        version.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version) -> None:
        """The code's folder is LocalStack's to remove."""
