"""Runs a command and says on standard output what it and its children used: CPU seconds, peak bytes of the largest."""
import resource
import subprocess
import sys

status = subprocess.call(sys.argv[1:], stdout=sys.stderr)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
sys.exit(status)
