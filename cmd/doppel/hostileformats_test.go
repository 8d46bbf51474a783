package main

import (
	"fmt"
	"strings"
	"testing"
)

// wet is a record of a web archive.
func wet(id, text string) string {
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <%s>\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", id, len(text), text)
}

// response is a record with what a server answered.
func response(id, headers, body string) string {
	content := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + "\r\n" + body
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <%s>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", id, len(content), content)
}

// hostileArchives are WARC files with a bad record between two good ones.
func hostileArchives(t *testing.T) (cases []hostileCase) {
	a, b := wet("urn:a", "the first page of the archive"), wet("urn:b", "and the second one, with other words")
	length := func(n string) string { return strings.Replace(wet("urn:m", "middle"), "Length: 6", "Length: "+n, 1) }
	both := []string{"the first page of the archive", "and the second one, with other words"}
	for name, record := range map[string]string{
		"WARC, length too small":   length("2"),
		"WARC, length too great":   length("400"),
		"WARC, length of exabytes": length("4611686018427387903"),
		"WARC, length overflows":   length("99999999999999999999999999"),
		"WARC, length negative":    length("-6"),
		"WARC, length missing":     strings.Replace(length("6"), "Content-Length: 6\r\n", "", 1),
		"WARC, unknown version":    strings.Replace(length("6"), "WARC/1.0", "WARC/9.9", 1),
		"WARC, garbage between":    "garbage\r\nand more\r\n\r\n",
		"WARC, endless header":     "WARC/1.0\r\nx: " + strings.Repeat("y", 500_000) + "\r\n\r\n",
		"WARC, no HTTP inside":     strings.Replace(response("urn:m", "", "x"), "HTTP/1.1", "SMTP/1.1", 1),
		"WARC, gzip body broken":   response("urn:m", "Content-Encoding: gzip\r\n", "\x1f\x8b\x08not gzip at all"),
		"WARC, 9,000 encodings":    response("urn:m", "Content-Encoding: "+strings.Repeat("gzip, ", 9000)+"\r\n", gzOf(t, "x")),
		"WARC, bad chunk":          response("urn:m", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\nzz\r\n"),
		"WARC, body a bomb":        response("urn:m", "Content-Encoding: gzip\r\n", gzOf(t, strings.Repeat("a ", 1<<20))),
		"WARC, zstd body a bomb":   response("urn:m", "Content-Encoding: zstd\r\n", zstOf(t, strings.Repeat("a ", 1<<20))),
		"WARC, too long":           wet("urn:m", strings.Repeat("long ", 100_000)),
	} {
		cases = append(cases,
			hostileCase{name: name, file: "x.warc", data: a + record + b, bad: []int64{2}, stays: both},
			hostileCase{name: name + ", gzip", file: "x.warc.gz", data: gzOf(t, a) + gzOf(t, record) + gzOf(t, b), bad: []int64{2}, stays: both})
	}
	return append(cases,
		hostileCase{name: "WARC, empty", file: "x.warc"},
		hostileCase{name: "WARC that is HTML", file: "x.warc", data: "<html>a page</html>", bad: []int64{1}},
		hostileCase{name: "WARC, cut in a record", file: "x.warc", data: a + b + a[:len(a)-20], bad: []int64{3}, stays: both},
		hostileCase{name: "WARC, cut in a member", file: "x.warc.gz", data: gzOf(t, a) + gzOf(t, b) + gzOf(t, wet("urn:m", "middle"))[:30], bad: []int64{3}, stays: both},
		hostileCase{name: "WARC, an id twice", file: "x.warc", data: a + wet("urn:a", "other words under an old id") + b, bad: []int64{2}, stays: both},
		hostileCase{name: "WARC, an id of escapes", file: "x.warc", data: a + wet("../../\x1b[31mx", "other words") + b, stays: append(both, "other words")},
	)
}

// hostilePages are HTML files.
func hostilePages() (cases []hostileCase) {
	for name, page := range map[string]string{
		"HTML, empty":            "",
		"HTML, divs 20,000 deep": strings.Repeat("<div>", 20_000) + "a text in the depth",
		"HTML, unclosed tags":    strings.Repeat("<p><b><i><table><a href='", 5000),
		"HTML, giant attribute":  "<p title='" + strings.Repeat("x", 200_000) + "'>words",
		"HTML, entities":         strings.Repeat("&nosuchentity;&#x110000;&#0;", 5000),
		"HTML, scripts":          "<script>alert(1)</script><p onload=alert(2)>words of a page <a href='javascript:alert(3)'>link</a>",
		"HTML, comments":         strings.Repeat("<!--", 50_000),
		"HTML, unknown charset":  "<meta charset='nonsense'><p>words of a page",
		"HTML, NUL":              "<p>a\x00b</p>",
		"HTML, 50,000 cells":     "<table>" + strings.Repeat("<td>x", 50_000),
	} {
		cases = append(cases, hostileCase{name: name, file: "x.html", data: page})
	}
	return append(cases,
		hostileCase{name: "HTML that is PDF", file: "x.html", data: "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", bad: []int64{1}},
		hostileCase{name: "HTML, too long", file: "x.html", data: strings.Repeat("<p>long", 100_000), bad: []int64{1}})
}
