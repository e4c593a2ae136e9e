"""What is ours at LocalStack's own plug-in points.

Python packages announce their plug-ins by a file `entry_points.txt` among their metadata. Here is no
package to be installed, so the metadata are written into the data folder when the emulator starts.
"""

import os
import sys

from . import settings

# settings.py chooses them by these names.
ENTRY_POINTS = """\
[localstack.runtime.components]
loopback = core.loopback:LoopbackComponents

[localstack.lambda.runtime_executor]
node = core.functions:NodeExecutorPlugin

[localstack.aws.provider]
dynamodb:dynoxide = core.dynamodb:dynamodb
dynamodbstreams:dynoxide = core.dynamodb:dynamodbstreams
"""

METADATA = "Metadata-Version: 2.1\nName: bazar-localstack\nVersion: 1\n"


def announce() -> None:
    """Must come before LocalStack first looks for a plug-in."""
    folder = f"{settings.given.data}/plugins"
    info = f"{folder}/bazar_localstack-1.dist-info"
    os.makedirs(info, exist_ok=True)
    for name, text in (("METADATA", METADATA), ("entry_points.txt", ENTRY_POINTS)):
        with open(f"{info}/{name}", "w") as file:
            file.write(text)
    sys.path.append(folder)
