// Package interop has tests only: they hold what doppel reads and writes against the
// other side's own tools, such as warcio, pyarrow and DuckDB, by the Python scripts
// beside them.
//
// The tests run where DOPPEL_PYTHON names an interpreter that has the packages
// of requirements.txt, and are skipped elsewhere. With DOPPEL_REQUIRE_PYTHON=1,
// as in continuous integration, they fail instead of being skipped.
package interop
