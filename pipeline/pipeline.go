// Package pipeline runs the whole job on one machine: documents in, verified
// clusters of near-duplicates and a pruned corpus out.
//
// # In and out
//
// In go [Options]: inputs, a [Preset] or single settings ([Identity]), and how
// much of the machine to use. [Prepare] resolves them into a [Plan] that can be
// printed before anything is read; [Job.Run] executes exactly that plan and
// gives a [Result], which writes reports ([Result.WriteReport]), prunes
// ([Result.Prune]), is scored ([Result.Score], [Result.Oracle]) and must be
// closed. [Run] is both in one. [Result.Save] stores the verified pairs, and a
// [SavedRun] clusters them again at another threshold, to [Findings] that write the
// same reports. [Explain] and [NewSearcher] take a prepared job for other
// questions: why are two documents together, and what is near a text.
//
// # The way of the data
//
//	pass 1  blocks of the corpus, in file order
//	          -> parse, normalise, digest, shingle,
//	             sign, band keys                         in parallel
//	          -> IDs, copies of earlier texts told
//	             apart, places, band key columns         in order
//	pass 2  band keys, column by column -> buckets -> candidate pairs, sorted, distinct
//	          -> the documents in them, read again
//	             by their places -> set store            in parallel
//	          -> exact similarity                        in parallel
//	          -> verified pairs, in order -> clusters -> report
//	pass 3  prune only: the corpus once more, kept records copied byte for byte
//
// Between the stages travel numbers: the dense [corpus.ID], shingle sets, 8-byte
// band keys, pairs. The stages themselves are pure functions of the packages
// below this one; goroutines, channels, memory and files are here alone.
//
// # Promises
//
//   - No document goes unless a kept one is similar to it at or above the
//     threshold, computed exactly, and the report names both.
//   - Equal input and equal [Identity] give byte-identical reports, whatever
//     the threads, the memory, and the order in which goroutines get to run.
//     Parallel stages hand their results on in the order of the input.
//   - Every record is a document or in quarantine, every document is kept or
//     goes, and the sums are checked when the report is written.
//   - The inputs are only read. When the context ends, Run returns its error
//     with no goroutine and no file left behind.
//
// # Memory
//
// [Options.Memory] is shared out among the stores that grow with the input:
// shingle sets, band keys, candidate pairs, and names. What is over a store's
// share goes to temporary files. On top come about 130 bytes a document for
// places, lengths and digests, about 30 bytes a verified pair, and the blocks under
// way: about 40 MiB and 20 more a thread, or a few times the largest record.
//
// # Concurrency
//
// Any number of runs may go on side by side. A Job is for one goroutine, a
// Result may be read by many.
package pipeline
