"""One request from a process of its own: says when it is ready, waits for a line, posts a form, prints the answer.

Arguments: the site's address, the path, the session cookie, the CSRF token, then name=value of the form.
"""

import http.client
import sys
from urllib.parse import urlencode, urlsplit


def main() -> None:
    """Send the request."""
    site, path, cookie, token, *pairs = sys.argv[1:]
    form = dict(pair.split("=", 1) for pair in pairs)
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=60)
    connection.connect()
    print("ready", flush=True)
    sys.stdin.readline()
    connection.request(
        "POST",
        path,
        body=urlencode({**form, "csrf_token": token}),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"lms={cookie}"},
    )
    answer = connection.getresponse()
    answer.read()
    print(answer.status, answer.headers.get("Location", ""))


if __name__ == "__main__":
    main()
