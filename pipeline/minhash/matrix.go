package minhash

import "fmt"

// Matrix holds signatures of one length in one flat, pointer-free slice, row
// after row. The zero value is not usable: see [NewMatrix].
type Matrix struct {
	hashes int
	values []uint64
}

// NewMatrix returns an empty matrix for signatures of k positions, at least 1.
func NewMatrix(k int) *Matrix {
	if k < 1 {
		panic(fmt.Sprintf("minhash: matrix of %d columns", k))
	}
	return &Matrix{hashes: k}
}

// Append copies sig to the end and returns its row number. It panics if sig
// does not have the matrix's number of positions; in particular the empty set,
// which has no signature, has no row.
func (m *Matrix) Append(sig Signature) int {
	if len(sig) != m.hashes {
		panic(fmt.Sprintf("minhash: signature of %d hashes for a matrix of %d", len(sig), m.hashes))
	}
	m.values = append(m.values, sig...)
	return m.Len() - 1
}

// Row returns row i as a view that the caller must not change. It stays valid
// when rows are appended.
func (m *Matrix) Row(i int) Signature {
	return Signature(m.values[i*m.hashes : (i+1)*m.hashes : (i+1)*m.hashes])
}

// Len returns the number of rows.
func (m *Matrix) Len() int { return len(m.values) / m.hashes }

// Hashes returns the number of positions of a row.
func (m *Matrix) Hashes() int { return m.hashes }
