"""Starts a real server for a benchmark, adds films to it and runs workers beside it."""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
REEL = ROOT.parent / "shared/media/reel_1080p25_30s.mp4"
ADMIN = {"email": "bench@example.org", "password": "correct horse battery staple"}


def program():
    """Returns the path of the binary to measure."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = pathlib.Path(os.environ.get("NANG_BIN", target / "release/nang"))
    if not found.exists():
        sys.exit(f"{found} does not exist: run `make build`")
    return found


def with_store():
    """Runs this program again with a temporary object store, if it has none."""
    if "NANG_TEST_S3" not in os.environ:
        script = str(ROOT / "scripts/with-s3")
        os.execv(script, [script, sys.executable, *sys.argv])


def make_master(path, seconds):
    """Makes a master of 1080p: the reel again and again, or a generated film."""
    if REEL.exists():
        source = ["-stream_loop", "-1", "-i", REEL, "-c", "copy"]
    else:
        source = ["-f", "lavfi", "-i", "mandelbrot=s=1920x1080:r=25", "-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.3:r=48000"]
        source += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *source, "-t", str(seconds), path], check=True)
    return path


class Site:
    """`nang up` without workers, with a private PostgreSQL in `folder`."""

    def __init__(self, folder, settings=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.settings = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NANG_")},
            "NANG_ADMIN_EMAIL": ADMIN["email"],
            "NANG_ADMIN_PASSWORD": ADMIN["password"],
            "NANG_DATA": str(self.folder / "data"),
            "NANG_LOG": "warn",
            "XDG_STATE_HOME": str(self.folder / "state"),
            **(settings or {}),
        }
        self.process = subprocess.Popen(
            [program(), "up", "--listen", "127.0.0.1:0"],
            env={**self.settings, "NANG_WORKER_JOBS": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = next((line for line in self.process.stdout if line.startswith("ready ")), None)
        if ready is None:
            sys.exit("the server did not start")
        self.url = ready.split()[1].rstrip("/")
        self.settings["NANG_SERVER"] = self.url
        self.settings["NANG_DATABASE_URL"] = (self.folder / "data/database.url").read_text().strip()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def ask(self, method, path, body=None, token=None, version=None):
        """Sends a request and returns the JSON of the response."""
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if version:
            headers["if-match"] = f'"{version}"'
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def token(self):
        return self.ask("POST", "/api/auth/login", ADMIN)["access_token"]

    def upload(self, master, title, profile):
        """Uploads a master; no worker has its job yet. Returns the film's id."""
        command = [program(), "import", master, "--title", title, "--profile", profile]
        subprocess.run(command, env=self.settings, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        films = self.ask("GET", "/api/admin/films?limit=100", token=self.token())["items"]
        return next(film["id"] for film in films if title in film["titles"].values())

    def publish(self, film):
        """Makes a film public."""
        path, token = f"/api/admin/films/{film}", self.token()
        version = self.ask("GET", path, token=token)["version"]
        self.ask("PATCH", path, {"visibility": "public"}, token, version)

    def encode(self, film, cores):
        """Runs a worker with one job on each of the cores until there is no work. Returns the seconds that it took."""
        started = time.monotonic()
        worker = [program(), "worker", "--exit-when-idle"]
        settings = {**self.settings, "NANG_WORKER_JOBS": "1"}
        workers = [subprocess.Popen(["taskset", "-c", str(core), *worker], env=settings) for core in cores]
        for one in workers:
            if one.wait() != 0:
                sys.exit("a worker failed")
        seconds = time.monotonic() - started
        state = self.ask("GET", f"/api/admin/films/{film}", token=self.token())["status"]
        if state != "ready":
            sys.exit(f"the film is {state}")
        return seconds
