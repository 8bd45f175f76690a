"""Runs a program and tells what it cost: wall seconds, processor seconds, peak memory in kB."""
import json, os, resource, subprocess, sys, time

output = open(sys.argv[1], "wb")
start = time.monotonic()
status = subprocess.call(sys.argv[2:], stdout=output, stderr=output, stdin=subprocess.DEVNULL)
wall = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"status": status, "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss}))
