package runfolder

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// metric is a value of metrics.prom.
type metric struct {
	name, help string
	labels     string // with braces, or ""
	value      float64
}

// metrics lists what Prometheus is told of a run. Names are persisted.
func metrics(m *Manifest, t *Timings) []metric {
	c := &m.Counts
	count := func(name string, value int64, help string) metric {
		return metric{name: "doppel_run_" + name, help: help, value: float64(value)}
	}
	info := fmt.Sprintf("{version=%s,fingerprint=%s}", label(m.Version), label(m.Fingerprint))
	list := []metric{
		{"doppel_run_info", "The program and the identity of the run; always 1.", info, 1},
		count("success_timestamp_seconds", t.Finished.Unix(), "When the run was finished, in seconds since 1970."),
		{"doppel_run_duration_seconds", "Time that the process which finished the run took.", "", t.Seconds},
		count("peak_memory_bytes", t.PeakMemory, "Largest memory of the process; 0 if it is not known."),
		count("temp_bytes", t.TempBytes, "What was over the memory budget and in temporary files."),
		count("input_files", c.Files, "Input files."),
		count("input_bytes", c.Bytes, "Size of the input as decompressed."),
		count("records", c.Records, "Records read: documents, bad records and those that take no part."),
		count("documents", c.Documents, "Documents: kept, dropped and protected."),
		count("quarantined_records", c.Quarantined, "Bad records, left out."),
		count("filtered_records", c.Filtered, "Records that take no part, written as they are."),
		count("emptied_documents", m.Members.Emptied, "Kept documents of which no word was left without passages that repeat; not written."),
		count("empty_documents", c.Empty, "Documents without a letter or number, kept."),
		count("distinct_texts", c.Distinct, "Different normalised texts."),
		count("exact_copies", c.ExactCopies, "Documents that repeat an earlier text."),
		count("candidate_pairs", c.Candidates, "Pairs compared exactly."),
		count("verified_pairs", c.Verified, "Distinct pairs at or above the threshold."),
		count("clusters", c.Clusters, "Clusters of two or more documents."),
		count("largest_cluster_documents", c.LargestCluster, "Documents in the largest cluster."),
		count("kept_documents", c.Kept, "Documents kept."),
		count("dropped_documents", c.Pruned, "Documents dropped: a kept one covers them, or somebody decided so."),
		count("decided_documents", c.Decided, "Documents dropped because somebody decided so."),
		count("protected_documents", c.Protected, "Reference documents, never pruned and not written."),
		count("warnings", int64(len(m.Warnings)), "Doubts about the result; see the manifest."),
	}
	for _, b := range m.BadRecords {
		list = append(list, metric{"doppel_run_bad_records", "Bad records by reason.", "{reason=" + label(b.Reason) + "}", float64(b.Records)})
	}
	for _, s := range t.Stages {
		list = append(list, metric{"doppel_run_stage_duration_seconds", "Time that a stage took.", "{stage=" + label(s.Stage) + "}", s.Seconds})
	}
	return list
}

// label quotes the value of a label.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\uFFFD")) + `"`
}

// writeMetrics writes the text form of Prometheus, all gauges: they are of one run
// and do not go on counting.
func writeMetrics(w io.Writer, m *Manifest, t *Timings) error {
	out := bufio.NewWriter(w) // it keeps its first error for Flush
	last := ""
	for _, v := range metrics(m, t) {
		if v.name != last {
			fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", v.name, v.help, v.name)
			last = v.name
		}
		fmt.Fprintf(out, "%s%s %s\n", v.name, v.labels, strconv.FormatFloat(v.value, 'g', -1, 64))
	}
	return out.Flush()
}
