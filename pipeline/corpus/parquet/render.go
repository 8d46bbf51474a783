package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// kind is what a column's values become in JSON.
type kind uint8

const (
	kindBinary    kind = iota // text if it is UTF-8, else nothing
	kindText                  // text; the parser says so if it is no UTF-8
	kindBool                  // a truth
	kindInt                   // a number
	kindUint                  // a number
	kindFloat                 // a number; nothing if it is infinite or none
	kindHalf                  // likewise, of 16 bits
	kindDecimal               // text, so that no digit is lost
	kindDate                  // 2006-01-02
	kindTime                  // 15:04:05.999
	kindTimestamp             // RFC 3339, in UTC
	kindInt96                 // a timestamp of old files
	kindUUID                  // xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
)

// unit is how many of a time's units are in a second.
type unit int64

const (
	millis unit = 1e3
	micros unit = 1e6
	nanos  unit = 1e9
)

func unitOf(u format.TimeUnit) unit {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return millis
	case *format.MicroSeconds:
		return micros
	}
	return nanos
}

// maxScale bounds the zeros in front of a decimal's digits.
const maxScale = 1000

// setKind sets how a leaf's values are shown, by its logical type, by the converted
// one of older files, or by how they are stored.
func (n *node) setKind(e *format.SchemaElement) {
	switch n.physical {
	case format.Boolean:
		n.kind = kindBool
	case format.Int32, format.Int64:
		n.kind = kindInt
		n.setIntKind(e)
	case format.Int96:
		n.kind = kindInt96
	case format.Float, format.Double:
		n.kind = kindFloat
	case format.ByteArray, format.FixedLenByteArray:
		n.setBytesKind(e)
	}
}

func (n *node) setIntKind(e *format.SchemaElement) {
	switch t := e.LogicalType.Value.(type) {
	case *format.IntType:
		if !t.IsSigned {
			n.kind = kindUint
		}
	case *format.DateType:
		n.kind = kindDate
	case *format.TimeType:
		n.kind, n.unit = kindTime, unitOf(t.Unit)
	case *format.TimestampType:
		n.kind, n.unit = kindTimestamp, unitOf(t.Unit)
	case *format.DecimalType:
		n.setDecimal(t.Scale)
	case nil:
		n.setConverted(e)
	}
}

func (n *node) setConverted(e *format.SchemaElement) {
	if !e.ConvertedType.Valid {
		return
	}
	switch e.ConvertedType.V {
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		n.kind = kindUint
	case deprecated.Date:
		n.kind = kindDate
	case deprecated.TimeMillis:
		n.kind, n.unit = kindTime, millis
	case deprecated.TimeMicros:
		n.kind, n.unit = kindTime, micros
	case deprecated.TimestampMillis:
		n.kind, n.unit = kindTimestamp, millis
	case deprecated.TimestampMicros:
		n.kind, n.unit = kindTimestamp, micros
	case deprecated.Decimal:
		n.setDecimal(e.Scale.V)
	}
}

func (n *node) setDecimal(scale int32) {
	if scale >= 0 && scale <= maxScale {
		n.kind, n.scale = kindDecimal, int(scale)
	}
}

func (n *node) setBytesKind(e *format.SchemaElement) {
	switch t := e.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		n.kind = kindText
	case *format.DecimalType:
		n.setDecimal(t.Scale)
	case *format.UUIDType:
		if n.size == 16 {
			n.kind = kindUUID
		}
	case *format.Float16Type:
		if n.size == 2 {
			n.kind = kindHalf
		}
	case nil:
		n.setConvertedBytes(e)
	}
}

func (n *node) setConvertedBytes(e *format.SchemaElement) {
	if !e.ConvertedType.Valid {
		return
	}
	switch e.ConvertedType.V {
	case deprecated.UTF8, deprecated.Enum, deprecated.Json:
		n.kind = kindText
	case deprecated.Decimal:
		n.setDecimal(e.Scale.V)
	}
}

// appendValue appends a value as JSON, and reports whether JSON has one for it.
func (n *node) appendValue(dst []byte, v *value) ([]byte, bool) {
	switch n.kind {
	case kindText:
		return corpus.AppendJSONString(dst, v.bytes), true
	case kindBool:
		return strconv.AppendBool(dst, v.bits != 0), true
	case kindInt:
		return strconv.AppendInt(dst, n.signed(v), 10), true
	case kindUint:
		return strconv.AppendUint(dst, v.bits, 10), true
	case kindFloat:
		return n.appendFloat(dst, v)
	case kindHalf:
		return appendFloat(dst, half(binary.LittleEndian.Uint16(v.bytes)), 32)
	case kindDecimal:
		return n.appendDecimal(dst, v), true
	case kindDate:
		return appendInstant(dst, time.Unix(86400*n.signed(v), 0).UTC(), time.DateOnly)
	case kindTime:
		return n.appendTime(dst, v)
	case kindTimestamp:
		s, f := floorDiv(n.signed(v), int64(n.unit))
		return appendInstant(dst, time.Unix(s, f*int64(nanos/n.unit)).UTC(), time.RFC3339Nano)
	case kindInt96:
		day := int64(binary.LittleEndian.Uint32(v.bytes[8:])) - 2440588 // the Julian day of 1970
		return appendInstant(dst, time.Unix(86400*day, int64(binary.LittleEndian.Uint64(v.bytes))).UTC(), time.RFC3339Nano)
	case kindUUID:
		h := hex.EncodeToString(v.bytes)
		return append(dst, `"`+h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:]+`"`...), true
	}
	if !utf8.Valid(v.bytes) {
		return dst, false
	}
	return corpus.AppendJSONString(dst, v.bytes), true
}

// signed returns an integer as stored.
func (n *node) signed(v *value) int64 {
	if n.size == 4 {
		return int64(int32(v.bits))
	}
	return int64(v.bits)
}

func (n *node) appendFloat(dst []byte, v *value) ([]byte, bool) {
	if n.size == 4 {
		return appendFloat(dst, float64(math.Float32frombits(uint32(v.bits))), 32)
	}
	return appendFloat(dst, math.Float64frombits(v.bits), 64)
}

func appendFloat(dst []byte, f float64, bits int) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, false
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits), true
}

// half returns the number that 16 bits stand for (IEEE 754, binary16).
func half(b uint16) float64 {
	sign, exponent, fraction := 1-2*float64(b>>15), int(b>>10&31), float64(b&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// appendDecimal appends a decimal as text: its digits with a point before the last
// scale of them.
func (n *node) appendDecimal(dst []byte, v *value) []byte {
	var digits string
	if n.physical == format.ByteArray || n.physical == format.FixedLenByteArray {
		digits = bigEndian(v.bytes).String()
	} else {
		digits = strconv.FormatInt(n.signed(v), 10)
	}
	dst = append(dst, '"')
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		dst, digits = append(dst, '-'), rest
	}
	if missing := n.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - n.scale
	dst = append(dst, digits[:point]...)
	if n.scale > 0 {
		dst = append(append(dst, '.'), digits[point:]...)
	}
	return append(dst, '"')
}

// maxDecimal is the most bytes of a decimal that are read. Printing takes the square
// of the length, and the longest known type has 32.
const maxDecimal = 1 << 10

// bigEndian reads a two's complement number.
func bigEndian(b []byte) *big.Int {
	b = b[max(0, len(b)-maxDecimal):]
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return v
}

// floorDiv returns the quotient rounded down and what is left, which is not negative.
func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

// appendInstant appends a time as text. A year that has not four digits is none in
// RFC 3339.
func appendInstant(dst []byte, t time.Time, layout string) ([]byte, bool) {
	if y := t.Year(); y < 0 || y > 9999 {
		return dst, false
	}
	dst = t.AppendFormat(append(dst, '"'), layout)
	return append(dst, '"'), true
}

// appendTime appends a time of the day.
func (n *node) appendTime(dst []byte, v *value) ([]byte, bool) {
	s, f := floorDiv(n.signed(v), int64(n.unit))
	if s < 0 || s >= 86400 {
		return dst, false
	}
	return appendInstant(dst, time.Unix(s, f*int64(nanos/n.unit)).UTC(), "15:04:05.999999999")
}
