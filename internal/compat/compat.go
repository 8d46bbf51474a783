// Package compat has tests only: that what every schema has ever written is read by
// today's verbs, or refused with an error that names the versions and what to do.
//
// # Fixtures
//
// All of them are folders of testdata, small, and never changed once a release has
// written their schema:
//
//	saved-run-S          what "doppel cluster --save" writes, of schema S of package snapshot
//	run-R-saved-S        a finished run folder, of schema R of package runfolder
//	stopped-R-G-C        an unfinished one with the checkpoint of a run that was stopped while
//	                     it compared: segments of version G, blocks of version C
//	stopped-story-R-G-C, stopped-boilerplate-R-G-C
//	                     the same of runs that count words and keep sets, stopped in their
//	                     second reading
//	corpus               the inputs of all but the first
//
// Beside what was written each has want.txt: what the verbs make of it.
//
// # When a schema changes
//
// Raise its number. TestEverySchemaHasAFixture then fails, and
//
//	go test ./internal/compat -make
//
// adds the fixtures that are missing; those that are there stay as they are. If verbs
// now give something else for one of these, for a reason,
//
//	DOPPEL_UPDATE=1 go test ./internal/compat
//
// rewrites the want.txt, and the difference is read before it is committed. What cannot
// be read any longer has the refusal in it.
package compat
