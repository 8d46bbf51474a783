package parquet_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// TestConvertedTypes: files from before logical types say what values are by converted
// ones. The first row has the value, the second one that JSON has nothing for, if there
// is one.
func TestConvertedTypes(t *testing.T) {
	for _, test := range []struct {
		as            deprecated.ConvertedType
		size          int // of the integer in bytes; 0 for bytes
		first, second int64
		want, other   string
	}{
		{deprecated.Int8, 4, -7, 7, "-7", "7"},
		{deprecated.Uint8, 4, 200, 0, "200", "0"},
		{deprecated.Uint16, 4, 65535, 0, "65535", "0"},
		{deprecated.Uint32, 4, -1, 0, "4294967295", "0"},
		{deprecated.Uint64, 8, -1, 0, "18446744073709551615", "0"},
		{deprecated.Date, 4, -1, 3_000_000, `"1969-12-31"`, none},
		{deprecated.TimeMillis, 4, 3_723_004, -1, `"01:02:03.004"`, none},
		{deprecated.TimeMicros, 8, 3_723_000_004, 86_400_000_000, `"01:02:03.000004"`, none},
		{deprecated.TimestampMillis, 8, -1, 1 << 60, `"1969-12-31T23:59:59.999Z"`, none},
		{deprecated.TimestampMicros, 8, 1_000_001, 0, `"1970-01-01T00:00:01.000001Z"`, `"1970-01-01T00:00:00Z"`},
		{deprecated.Decimal, 4, -5, 1234, `"-0.05"`, `"12.34"`},
		{deprecated.Decimal, 8, -12345, 0, `"-123.45"`, `"0.00"`},
		{deprecated.Decimal, 0, -5, 5, `"-0.05"`, `"0.05"`},
		{deprecated.UTF8, 0, 'a', 'b', `"a"`, `"b"`},
		{deprecated.Enum, 0, 'a', 'b', `"a"`, `"b"`},
		{deprecated.Json, 0, '1', '2', `"1"`, `"2"`},
		{deprecated.Bson, 0, 'a', -1, `"a"`, none},
	} {
		f := newForgery()
		f.text().LogicalType.Value = nil
		f.text().ConvertedType.Set(test.as)
		f.text().Scale.Set(2)
		var page []byte
		for _, v := range []int64{test.first, test.second} {
			switch test.size {
			case 0:
				page = append(page, sized(string([]byte{byte(v)}))...)
			case 4:
				page = binary.LittleEndian.AppendUint32(page, uint32(v))
			case 8:
				page = binary.LittleEndian.AppendUint64(page, uint64(v))
			}
		}
		physical := map[int]format.Type{0: format.ByteArray, 4: format.Int32, 8: format.Int64}[test.size]
		f.text().Type.Set(physical)
		f.chunk().Type = physical
		f.setPage(string(page))
		lines, err := rows(f.bytes(t), corpus.ContainerOptions{})
		want := []string{object(test.want), object(test.other)}
		if err != nil || fmt.Sprint(lines) != fmt.Sprint(want) {
			t.Errorf("%v of %d bytes: %q, %v, want %q", test.as, test.size, lines, err, want)
		}
	}
}

// none is what JSON has nothing for.
const none = "none"

func object(value string) string {
	if value == none {
		return "{}"
	}
	return `{"text":` + value + "}"
}
