package pipeline

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// BadLimit is how many bad records a run puts up with: a number of them, or a share
// of the records that take part. The zero value is any number.
type BadLimit struct {
	// Set says that there is a limit: of Records, or of the Share, in (0, 1], if
	// that is not 0.
	Set     bool
	Records int64
	Share   float64
}

// ParseBadLimit reads a number, such as 0 or 1000, or a share, such as 0.001 or 2%.
func ParseBadLimit(s string) (BadLimit, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 {
		return BadLimit{Set: true, Records: n}, nil
	}
	digits, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(digits, 64)
	if percent {
		v /= 100
	}
	l := BadLimit{Set: true, Share: v}
	if err != nil || !(v > 0 && v < 1) {
		return BadLimit{}, fmt.Errorf("pipeline: %q is no number of records, and no share such as 0.001 or 2%%", s)
	}
	return l, nil
}

func (l BadLimit) check() error {
	if l.Records < 0 || !(l.Share >= 0 && l.Share <= 1) {
		return fmt.Errorf("pipeline: %d bad records or a share of %v are no limit", l.Records, l.Share)
	}
	return nil
}

// TooManyBadError is the end of a run in which too many records are bad.
type TooManyBadError struct {
	Limit BadLimit
	// Bad is the number of bad records so far, of Records, which is 0 if it is not
	// known, and Last the last of them, nil likewise.
	Bad, Records int64
	Last         *corpus.RecordError
}

// Error says how many there are and how many were allowed.
func (e *TooManyBadError) Error() string {
	if e.Last != nil {
		return fmt.Sprintf("%s bad, and --max-bad allows %s; the last one: %v", quantity.Of(e.Bad, "record is", "records are"), quantity.Number(e.Limit.Records), e.Last)
	}
	return fmt.Sprintf("%s of %s %s bad, and --max-bad allows %s%%", quantity.Number(e.Bad), quantity.Of(e.Records, "record", "records"), quantity.Noun(e.Bad, "is", "are"), strconv.FormatFloat(math.Round(e.Limit.Share*1e8)/1e6, 'f', -1, 64))
}

// exceeded returns an error if so many records, the last one being e, are too many.
func (l BadLimit) exceeded(bad int64, e *corpus.RecordError) error {
	if l.Set && l.Share == 0 && bad > l.Records {
		return &TooManyBadError{Limit: l, Bad: bad, Last: e}
	}
	return nil
}

// exceededShare returns an error if so many records are bad, beside documents, that
// their share is too large.
func (l BadLimit) exceededShare(bad, documents int64) error {
	if l.Share > 0 && float64(bad) > l.Share*float64(bad+documents) {
		return &TooManyBadError{Limit: l, Bad: bad, Records: bad + documents}
	}
	return nil
}
