package main

// keepUsage is the help of --keep.
const keepUsage = "what to keep of a cluster, criteria in their order: protected, longest, newest[:FIELD], oldest[:FIELD], max:FIELD, min:FIELD, source:A>B, regex:PATTERN (of id or file), regex:FIELD=~PATTERN, first; then the longer, then the lower id"

var keepCompletions = []string{"longest", "first", "newest", "oldest", "max:", "min:", "source:", "protected", "regex:"}
