"""Runs congbo, nginx and martin in turn on one archive and prints what each costs.

usage: serve.py SITE [--seconds S] [--runs N] [--connections N ...] [--only NAME ...] [--baseline PROGRAM]

The server has one core and wrk the other. Runs go round all servers before the next repetition, so that a busy
moment of the machine falls on all of them. Figures are medians, with the least and the greatest behind them.
"""

import argparse
import atexit
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).parents[1]
HOST = "127.0.0.1"

NGINX = """
worker_processes 1; daemon off; pid {run}/nginx.pid; error_log {run}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush off; tcp_nodelay on; server_tokens off; etag on;
  open_file_cache max=200000 inactive=1h; open_file_cache_valid 1h; open_file_cache_errors on;
  keepalive_requests 100000000; keepalive_timeout 60s;
  client_body_temp_path {run}/t1; proxy_temp_path {run}/t2; fastcgi_temp_path {run}/t3; uwsgi_temp_path {run}/t4; scgi_temp_path {run}/t5;
  types {{ }} default_type application/vnd.mapbox-vector-tile;
  server {{
    listen {host}:{port} backlog=1024; root {www};
    location /tiles/ {{ add_header Content-Encoding gzip; add_header Cache-Control "public, max-age=300, must-revalidate"; add_header Access-Control-Allow-Origin *; }}
  }}
}}
"""

# Every address as a finished request, taken at random.
LUA = """
local requests = {{}}
for line in io.lines("{list}") do
  requests[#requests + 1] = "GET {prefix}" .. line .. "{suffix} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nAccept-Encoding: gzip\\r\\n\\r\\n"
end
init = function(arguments) math.randomseed(tonumber(arguments[1])) end
request = function() return requests[math.random(#requests)] end
"""


def congbo(program, port):
    def command(site, run):
        return [program, "-C", site / "one", "serve", "-l", f"{HOST}:{port}", "--public-url", f"http://{HOST}:{port}"], {}

    return command


def protected(program, port):
    """Every protection on; the rate is one that wrk does not reach, the log goes where stderr goes."""

    def command(site, run):
        base, environment = congbo(program, port)(site, run)
        more = ["--requests-per-s", "1000000", "--connections-per-address", "4096"]
        return base + more, environment

    return command


def nginx(port):
    def command(site, run):
        text = NGINX.format(run=run, www=(site / "www").resolve(), host=HOST, port=port)
        (run / "nginx.conf").write_text(text)
        return ["nginx", "-e", run / "error.log", "-c", run / "nginx.conf"], {}

    return command


def martin(port):
    def command(site, run):
        program = ROOT / ".tools/martin/bin/martin"
        return [program, "-l", f"{HOST}:{port}", "-W", "1", site / "thua-dat.pmtiles"], {"RUST_LOG": "error"}

    return command


class Server:
    def __init__(self, name, command, port, prefix, suffix):
        self.name, self.command, self.port, self.prefix, self.suffix = name, command, port, prefix, suffix

    def start(self, site, run):
        command, environment = self.command(site, run)
        log = open(run / f"{self.name}.log", "w")
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", *map(str, command)], stdout=log, stderr=log, env={**os.environ, **environment}
        )
        first = next(iter((site / "z16.txt").read_text().split()))
        begun = time.monotonic()
        while time.monotonic() - begun < 20:
            try:
                request = urllib.request.Request(self.url(first), headers={"Accept-Encoding": "gzip"})
                urllib.request.urlopen(request, timeout=1).read()
                return
            except OSError:
                time.sleep(0.02)
        sys.exit(f"{self.name} does not answer: see {run}/{self.name}.log")

    def url(self, tile):
        return f"http://{HOST}:{self.port}{self.prefix}{tile}{self.suffix}"

    def processes(self):
        own = self.process.pid
        children = pathlib.Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return [own, *map(int, children)]

    def cpu_ns(self):
        """Of all threads: schedstat counts nanoseconds where stat counts ticks."""
        total = 0
        for pid in self.processes():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total

    def memory_mib(self):
        """Resident and not backed by a file: mapped archives do not count."""
        total = 0
        for pid in self.processes():
            total += int(re.search(r"RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
        return total / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def wrk(server, script, connections, seconds, seed):
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script]
    before = server.cpu_ns()
    printed = subprocess.run(
        [*map(str, command), f"http://{HOST}:{server.port}/", "--", str(seed)], capture_output=True, text=True, check=True
    ).stdout
    spent = server.cpu_ns() - before
    requests, took = re.search(r"(\d+) requests in ([\d.]+)s", printed).groups()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    if failed or "Socket errors" in printed:
        sys.exit(f"{server.name} failed requests:\n{printed}")
    return {
        "req_s": int(requests) / float(took),
        "us": spent / 1000 / int(requests),
        "p50_ms": latency(printed, "50%"),
        "p99_ms": latency(printed, "99%"),
        "memory": server.memory_mib(),
    }


def latency(printed, share):
    value, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", printed).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def start_ms(program, site, archives, port):
    """From exec to the first line on stdout, when the port is open and requests are answered."""
    took = []
    for _ in range(11):
        begun = time.monotonic()
        process = subprocess.Popen(
            [program, "-C", site / archives, "serve", "-l", f"{HOST}:{port}", "--public-url", f"http://{HOST}:{port}"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        process.stdout.readline()
        took.append((time.monotonic() - begun) * 1000)
        process.terminate()
        process.wait(20)
    return took


def spread(values, digits=1):
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("site", type=pathlib.Path)
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--connections", type=int, nargs="+", default=[1, 16, 128])
    options.add_argument("--sets", nargs="+", default=["z16", "all"])
    options.add_argument("--only", nargs="+", default=["congbo", "nginx", "martin"])
    options.add_argument("--program", type=pathlib.Path, default=ROOT / "target/release/congbo")
    options.add_argument("--baseline", help="another congbo to compare with")
    given = options.parse_args()
    site = given.site.resolve()
    run = site / "run"
    run.mkdir(exist_ok=True)
    program = given.program.resolve()
    ours = ("/tiles/thua-dat/", ".mvt")
    servers = [
        Server("congbo", protected(program, 8301), 8301, *ours),
        Server("nginx", nginx(8302), 8302, *ours),
        Server("martin", martin(8303), 8303, "/thua-dat/", ""),
    ]
    servers = [server for server in servers if server.name in given.only]
    if given.baseline:
        base = congbo(given.baseline, 8304)
        servers.append(Server("baseline", lambda s, r: (base(s, r)[0] + ["--connections-per-address", "4096"], {}), 8304, *ours))
    found = {}
    for repetition in range(given.runs):
        for server in servers:
            server.start(site, run)
            atexit.register(server.process.kill)
            for tiles in given.sets:
                script = run / f"{server.name}-{tiles}.lua"
                script.write_text(
                    LUA.format(list=site / f"{tiles}.txt", prefix=server.prefix, suffix=server.suffix, host=HOST, port=server.port)
                )
                wrk(server, script, 16, 1, 1)
                for connections in given.connections:
                    measured = wrk(server, script, connections, given.seconds, 7 + repetition)
                    found.setdefault((tiles, connections, server.name), []).append(measured)
            server.stop()
    report(found, given, servers)
    if "congbo" in given.only:
        for archives in ["one", "hundred"]:
            print(f"start with {archives}: {spread(start_ms(program, site, archives, 8305), 2)} ms")
    (run / "figures.json").write_text(json.dumps({" ".join(map(str, key)): value for key, value in found.items()}, indent=1))


def report(found, given, servers):
    for tiles in given.sets:
        for connections in given.connections:
            print(f"\n{tiles}, {connections} connections")
            print("| server | req/s | µs of CPU a request | p50 ms | p99 ms | MiB |\n|---|---|---|---|---|---|")
            for server in servers:
                runs = found[tiles, connections, server.name]
                column = lambda key: [run[key] for run in runs]
                print(
                    f"| {server.name} | {spread(column('req_s'), 0)} | {spread(column('us'))} | {spread(column('p50_ms'), 2)} "
                    f"| {spread(column('p99_ms'), 2)} | {max(column('memory')):.0f} |"
                )
            for other in servers[1:]:
                pairs = list(zip(found[tiles, connections, servers[0].name], found[tiles, connections, other.name]))
                ratio = lambda key: spread([a[key] / b[key] for a, b in pairs], 2)
                print(f"{servers[0].name} / {other.name}: req/s {ratio('req_s')}, CPU {ratio('us')}, p99 {ratio('p99_ms')}")


main()
