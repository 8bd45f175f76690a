"""Serves the AWS emulator as one partition, for as long as its parent lives.

The emulator writes `aws` into ARNs and pseudo parameters as literals. An import
hook loads its sources with the partition asked for instead. Compiled code goes to
a folder of this partition and this file, so neither partition sees the other's.

Every secret key that it issues begins with SECRET_MARK, so that a run can be searched for
the secrets of all tests.

Arguments: PARTITION REGION ACCOUNT SECRET_MARK CACHE_FOLDER. The credentials of the account's
root come as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The first line on standard
output is the port. Standard input is a pipe that the parent holds: when it ends,
however the parent died, this process ends.
"""

import asyncio
import hashlib
import importlib.machinery
import os
import re
import signal
import socket
import sys
import threading

URL_SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


def corrected(text, partition, mark):
    generated = 'secret = new_uuid().replace("-", "") + new_uuid().replace("-", "")[:8]'
    text = text.replace(generated, "secret = _gen_secret()")
    text = text.replace("return raw[:40]", f"return {mark!r} + raw[:{40 - len(mark)}]")
    text = text.replace("arn:aws:", f"arn:{partition}:")
    text = re.sub(r'("AWS::Partition": )"aws"', rf'\1"{partition}"', text)
    text = re.sub(r'("AWS::URLSuffix": )"amazonaws\.com"', rf'\1"{URL_SUFFIXES[partition]}"', text)
    return text.replace('partition != "aws"', f'partition != "{partition}"')


class PartitionFinder:
    def __init__(self, partition, mark):
        class Loader(importlib.machinery.SourceFileLoader):
            def source_to_code(self, data, path, *, _optimize=-1):
                text = corrected(bytes(data).decode(), partition, mark)
                return super().source_to_code(text.encode(), path, _optimize=_optimize)

        self.loader = Loader

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] != "ministack":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = self.loader(spec.loader.name, spec.loader.path)
        return spec


def cache_folder(root, partition, mark):
    with open(__file__, "rb") as source:
        digest = hashlib.sha256(source.read() + mark.encode()).hexdigest()[:16]
    return os.path.join(root, f"{partition}-{digest}")


def main():
    partition, region, account, mark, cache_root = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=end_with_parent, daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = listener.getsockname()[1]
    print(port, flush=True)

    os.environ.update(
        AUTH="true",
        GATEWAY_PORT=str(port),
        MINISTACK_ACCOUNT_ID=account,
        MINISTACK_HOST="127.0.0.1",
        MINISTACK_REGION=region,
    )
    sys.pycache_prefix = cache_folder(cache_root, partition, mark)
    sys.meta_path.insert(0, PartitionFinder(partition, mark))

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    import corrections

    corrections.apply(partition)

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.accesslog = "-"
    asyncio.run(serve(app, config))


main()
