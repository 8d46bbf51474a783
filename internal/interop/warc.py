"""The side of warcio in internal/interop/warc_test.go.

    warc.py write DIR       writes crawl.warc, crawl.warc.gz and crawl.wet.gz
    warc.py read FILE       prints a JSON object for each record
"""

import gzip
import hashlib
import io
import json
import os
import sys

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

DATE = "2024-03-04T05:06:07Z"
STORY = [
    "The swing bridge over the inner harbour will close to all traffic for six weeks from Monday, the port authority said on Thursday.",
    "Buses will be diverted over the northern causeway, which adds about eleven minutes to the ride in the morning and fifteen at night.",
    "Repairs are expected to cost 1.4 million, half of it paid by the regional fund for crossings, and the span will be tested in April.",
]
LIBRARY = [
    "A library with forty thousand books opened on Saturday in the old town, after two years of works on the stone house and its yard.",
    "Pupils may borrow five books for three weeks at no charge, and a room for children has readings every Wednesday afternoon.",
    "People who live near the market said that the quarter had waited for such a place for as long as they could remember.",
]


def html(title, paragraphs, site):
    body = "".join("<p>%s</p>\n" % p for p in paragraphs)
    return (
        "<!DOCTYPE html><html><head><title>%s</title><script>var site = %r;</script></head><body>"
        "<nav><a href='/'>%s front page</a> <a href='/sport'>Sport</a></nav><article><h1>%s</h1>\n%s</article>"
        "<footer>All rights reserved by %s.</footer></body></html>" % (title, site, site, title, body, site)
    )


def chunked(data):
    half = len(data) // 2
    out = b""
    for piece in (data[:half], data[half:]):
        out += b"%x\r\n%s\r\n" % (len(piece), piece)
    return out + b"0\r\n\r\n"


class Crawl:
    def __init__(self, out, compress):
        self.writer, self.n = WARCWriter(out, gzip=compress), 0

    def headers(self, extra=()):
        self.n += 1
        fields = {"WARC-Record-ID": "<urn:uuid:00000000-0000-4000-8000-%012d>" % self.n, "WARC-Date": DATE}
        return dict(fields, **dict(extra))

    def record(self, uri, kind, payload, http=None, mime=None, extra=()):
        record = self.writer.create_warc_record(
            uri, kind, payload=io.BytesIO(payload), http_headers=http, warc_content_type=mime or "",
            warc_headers_dict=self.headers(extra))
        self.writer.write_record(record)
        return record

    def page(self, uri, body, fields=(), status="200 OK"):
        http = StatusAndHeaders(status, [("Content-Type", "text/html; charset=utf-8")] + list(fields), protocol="HTTP/1.1")
        response = self.record(uri, "response", body, http)
        ask = StatusAndHeaders("GET / HTTP/1.1", [("Host", "a.example")], is_http_request=True)
        self.record(uri, "request", b"", ask, extra={"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")})

    def info(self):
        self.n += 1
        record = self.writer.create_warcinfo_record("crawl", {"software": "warcio", "format": "WARC File Format 1.0"})
        record.rec_headers.replace_header("WARC-Record-ID", "<urn:uuid:00000000-0000-4000-8000-%012d>" % self.n)
        record.rec_headers.replace_header("WARC-Date", DATE)
        self.writer.write_record(record)

    def write(self):
        self.info()
        bridge = html("Harbour bridge to close for six weeks", STORY, "Port Gazette").encode()
        self.page("http://a.example/bridge", bridge)
        self.page("http://b.example/bridge", html("Harbour bridge to close for six weeks", STORY, "Quay Courier").encode())
        library = html("Library opens in the old town", LIBRARY, "Port Gazette").encode()
        self.page("http://a.example/library", chunked(gzip.compress(library, mtime=0)),
                  [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")])
        image = StatusAndHeaders("200 OK", [("Content-Type", "image/png")], protocol="HTTP/1.1")
        self.record("http://a.example/logo.png", "response", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), image)
        self.record("http://a.example/notes", "resource", "Notes of the crawl: crème brûlée.".encode(), mime="text/plain; charset=utf-8")
        self.record("http://a.example/bridge", "metadata", b"fetchTimeMs: 7", mime="application/warc-fields")


def write(folder):
    for name, compress in (("crawl.warc", False), ("crawl.warc.gz", True)):
        with open(os.path.join(folder, name), "wb") as out:
            Crawl(out, compress).write()
    with open(os.path.join(folder, "crawl.wet.gz"), "wb") as out:
        crawl = Crawl(out, True)
        crawl.info()
        texts = [("a", STORY), ("b", STORY[:2] + [STORY[2] + " Nobody was hurt."]), ("c", LIBRARY), ("d", STORY)]
        for host, text in texts:
            crawl.record("http://%s.example/" % host, "conversion", "\n".join(text).encode(), mime="text/plain",
                         extra={"WARC-Identified-Content-Language": "eng"})


def read(name):
    with open(name, "rb") as f:
        for record in ArchiveIterator(f, check_digests="raise"):
            print(json.dumps({
                "id": record.rec_headers.get_header("WARC-Record-ID").strip("<>"),
                "type": record.rec_type,
                "payload": hashlib.sha1(record.raw_stream.read()).hexdigest(),
            }))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
