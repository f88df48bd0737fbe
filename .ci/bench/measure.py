"""What the benchmarks of this folder share: nginx on a free port, data that looks real, and how a process is measured."""
import os, random, shutil, socket, statistics, subprocess, sys, tempfile, time


def size(text):
    """Bytes of '64MB' or '1GB'."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if text.endswith(unit):
            return int(float(text[: -len(unit)]) * factor)
    return int(text)


class Folder:
    """A folder for a benchmark, below the working directory, which should be on the disk to be measured."""

    def __init__(self, name):
        self.path = os.path.abspath(tempfile.mkdtemp(prefix=f"bench-{name}-", dir="."))
        os.chmod(self.path, 0o755)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Nginx:
    """Serves a folder on loopback."""

    def __init__(self, folder, root):
        with socket.create_server(("127.0.0.1", 0)) as s:
            self.port = s.getsockname()[1]
        conf = f"{folder}/nginx.conf"
        user = "user root;" if os.getuid() == 0 else ""
        with open(conf, "w") as f:
            f.write(f"""worker_processes 2; daemon off; {user} pid {folder}/pid; error_log {folder}/nginx.log; events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
types {{ text/csv csv; application/json json; }} server {{ listen 127.0.0.1:{self.port}; root {root}; }} }}""")
        self.process = subprocess.Popen(["nginx", "-c", conf], stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.1).close()
                return f"http://127.0.0.1:{self.port}"
            except OSError:
                time.sleep(0.05)
        sys.exit("nginx does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def rows(n, seed=1):
    """n rows of readings of some stations, as tuples. They compress about 3:1 as CSV."""
    r = random.Random(seed)
    words = ["".join(r.choice("abcdefghijklmnoprstuvwz") for _ in range(r.randint(3, 9))) for _ in range(3000)]
    stations = [(f"{r.randrange(10**8):08d}", r.choice(words).title() + " " + r.choice(words), r.uniform(-60, 60), r.uniform(-180, 180)) for _ in range(5000)]
    t = 1_700_000_000
    for i in range(n):
        t += r.randint(0, 3)
        s = r.choice(stations)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        yield i, s[0], s[1], round(s[2], 5), round(s[3], 5), stamp, round(r.gauss(12, 9), 2), round(r.gauss(1013, 12), 1), r.randint(0, 100), " ".join(r.choices(words, k=4))


COLUMNS = ("id", "station", "name", "lat", "lon", "time", "celsius", "hpa", "humidity", "note")


def repeat(path, head, block, tail, joint, total):
    """Writes a block again and again, until a file has a size. The block must be longer than a compressor looks back."""
    with open(path, "wb") as f:
        written = f.write(head) + f.write(block)
        while written + len(block) <= total:
            written += f.write(joint) + f.write(block)
        f.write(tail)


def apart(work, *args):
    """Does work in a process of its own: the peak of a child's memory, as measured, counts what its parent has when it starts."""
    child = os.fork()
    if child == 0:
        work(*args)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{work.__name__} failed")


def measure(command, cwd, env=None):
    """Runs a command and gives wall and CPU seconds and the peak of its memory in MB; children count."""
    os.sync()
    began = time.perf_counter()
    p = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    errors = p.stderr.read()
    _, status, use = os.wait4(p.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}\n{errors.decode()[-2000:]}")
    return time.perf_counter() - began, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024


def medians(runs):
    """Medians of wall, CPU and memory."""
    return [statistics.median(column) for column in zip(*runs)]


def paired(ours, theirs):
    """The median of how many times faster than theirs ours is, run by run."""
    return statistics.median(t[0] / o[0] for o, t in zip(ours, theirs))
