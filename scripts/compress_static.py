"""Write the compressed copies beside the static files; WhiteNoise sends them as they are (`make static`)."""

import gzip
from pathlib import Path

import brotli

STATIC = Path(__file__).resolve().parent.parent / "lms" / "static"


def main() -> None:
    """Compress every file that browsers fetch."""
    for path in sorted(STATIC.iterdir()):
        if path.suffix not in {".css", ".js", ".svg"}:
            continue
        content = path.read_bytes()
        path.with_name(path.name + ".br").write_bytes(brotli.compress(content, quality=11))
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))
        print(
            f"{path.name}: {len(content)} bytes, {path.with_name(path.name + '.br').stat().st_size} as brotli"
        )


if __name__ == "__main__":
    main()
