package main

import (
	"fmt"
	"os"
	"path/filepath"
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
		"HTML, UTF-16":           "\xff\xfe<\x00p\x00>\x00a\x00",
		"HTML, NUL":              "<p>a\x00b</p>",
		"HTML, 50,000 cells":     "<table>" + strings.Repeat("<td>x", 50_000),
	} {
		cases = append(cases, hostileCase{name: name, file: "x.html", data: page})
	}
	return append(cases,
		hostileCase{name: "HTML that is PDF", file: "x.html", data: "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", bad: []int64{1}},
		hostileCase{name: "HTML, too long", file: "x.html", data: strings.Repeat("<p>long", 100_000), bad: []int64{1}})
}

// hostileTables are CSV, TSV and Parquet files.
func hostileTables(t *testing.T) []hostileCase {
	const a, b = "a,first good row of the table\n", "b,second good row with other words\n"
	both := []string{a, b}
	parquet, err := os.ReadFile(filepath.FromSlash("../../pipeline/corpus/parquet/testdata/news.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	whole := string(parquet)
	return []hostileCase{
		{name: "CSV, empty", file: "x.csv"},
		{name: "CSV, a header alone", file: "x.csv", data: "id,text\n"},
		{name: "CSV, too few cells", file: "x.csv", data: "id,text\n" + a + "m\n" + b, bad: []int64{3}, stays: both},
		{name: "CSV, too many cells", file: "x.csv", data: "id,text\n" + a + "m,x,y,z\n" + b, bad: []int64{3}, stays: both},
		{name: "CSV, stray quote", file: "x.csv", data: "id,text\n" + a + "m,x\"y\n" + b, bad: []int64{3}, stays: both},
		{name: "CSV, garbage after a quote", file: "x.csv", data: "id,text\n" + a + "m,\"x\" y\n" + b, bad: []int64{3}, stays: both},
		{name: "CSV, quote never closed", file: "x.csv", data: "id,text\n" + a + "m,\"x\n" + b, bad: []int64{3}, stays: []string{a}},
		{name: "CSV, invalid UTF-8", file: "x.csv", data: "id,text\n" + a + "m,caf\xe9\n" + b, bad: []int64{3}, stays: both},
		{name: "CSV, formulas", file: "x.csv", data: "id,text\n" + a + "=1+1,@SUM(A1)\n" + b, stays: append(both, "=1+1,@SUM(A1)\n")},
		{name: "CSV, too long", file: "x.csv", data: "id,text\n" + a + "m," + strings.Repeat("long ", 100_000) + "\n" + b, bad: []int64{3}, stays: both},
		{name: "CSV, an id twice", file: "x.csv", data: "id,text\n" + a + "a,quite other words\n" + b, bad: []int64{3}, stays: both},
		{name: "Parquet, empty", file: "x.parquet", bad: []int64{0}},
		{name: "Parquet that is none", file: "x.parquet", data: strings.Repeat("PAR1", 20), bad: []int64{0}},
		{name: "Parquet, cut short", file: "x.parquet", data: whole[:len(whole)-9], bad: []int64{0}},
		{name: "Parquet, no beginning", file: "x.parquet", data: whole[100:], bad: []int64{1}},
		{name: "Parquet, footer of gigabytes", file: "x.parquet", data: whole[:len(whole)-8] + "\xff\xff\xff\x7fPAR1", bad: []int64{0}},
		{name: "Parquet, footer of zeros", file: "x.parquet", data: whole[:len(whole)-500] + strings.Repeat("\x00", 492) + whole[len(whole)-8:], bad: []int64{1, 2, 3, 4}},
	}
}
