// Package segment stores a log in a folder, as a chain of files that never change:
// what a long job has found out so far, in order.
//
// A job appends blocks of bytes, and now and then seals what it has appended since
// the last time: that is one segment. After [Log.Seal] the blocks survive the process
// and the machine. A segment appears whole or not at all: it is written under a name
// that ends in ".tmp", synced and renamed, and then the folder is synced. [Open]
// deletes what was not sealed.
//
// # Format
//
// Segments are named 00000000.seg, 00000001.seg and so on. All numbers are
// little-endian; CRC is CRC-32C (Castagnoli).
//
//	header  8 bytes   magic "doppelsg"
//	        4         version, 1
//	        4         number of the segment, as in its name
//	        8         link: the footer's sum of the segment before, 0 in the first
//	        4         CRC of the header so far
//	blocks  4         length n of the payload, below 2^32-1
//	        4         CRC of the block's number in the segment (8 bytes), n (4 bytes)
//	                  and the payload
//	        n         payload
//	footer  4         2^32-1
//	        8         number of blocks
//	        8         sum: xxh3 of everything before, from the header on
//	        4         CRC of the footer so far
//
// So the header of an empty second segment begins
//
//	64 6f 70 70 65 6c 73 67 01 00 00 00 01 00 00 00
//
// Each segment names the content of the one before: segments that are swapped, left
// out, or of another chain are found out, like every changed, missing or additional
// byte.
//
// # Reading
//
// [Log.Replay] looks at all of a segment before it hands out a block of it. From the
// first damaged segment on, all are deleted: a [*Damage] says so, and the job does
// that part again.
//
// A Log belongs to one goroutine. Memory is a buffer of 64 KiB and the largest block.
package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"regexp"
	"strconv"
)

// Version is that of the format. Persisted.
const Version = 1

const (
	magic       = "doppelsg"
	headerBytes = 8 + 4 + 4 + 8 + 4
	frameBytes  = 4 + 4
	footerBytes = 4 + 8 + 8 + 4
	// footerMark stands where the length of a block would.
	footerMark = 1<<32 - 1
	// MaxBlock is the largest payload of a block in bytes.
	MaxBlock = 1 << 31
)

// VersionError says that a log was written in another version of the format, which is
// its value.
type VersionError uint32

// Error names both versions.
func (e VersionError) Error() string {
	return fmt.Sprintf("segment: version %d of the format, and this program reads %d", uint32(e), Version)
}

// Damage is a segment that is not as it was written, or that is missing.
type Damage struct {
	// Path is that of the segment, Reason what is wrong with it.
	Path, Reason string
	// Lost is the number of segments that were deleted for it.
	Lost int
}

// Error names the segment.
func (d *Damage) Error() string {
	return fmt.Sprintf("%s: %s: it is not used, nor are the segments behind it", d.Path, d.Reason)
}

var table = crc32.MakeTable(crc32.Castagnoli)

func (l *Log) path(number uint32) string {
	return filepath.Join(l.dir, fmt.Sprintf("%08d.seg", number))
}

var nameForm = regexp.MustCompile(`^(\d{8,10})\.seg(\.tmp)?$`)

// parseName returns the number of a segment by its name.
func parseName(name string) (number uint32, temporary, ok bool) {
	m := nameForm.FindStringSubmatch(name)
	if m == nil {
		return 0, false, false
	}
	n, err := strconv.ParseUint(m[1], 10, 32)
	return uint32(n), m[2] != "", err == nil
}

func appendHeader(dst []byte, number uint32, link uint64) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint32(dst, Version)
	dst = binary.LittleEndian.AppendUint32(dst, number)
	dst = binary.LittleEndian.AppendUint64(dst, link)
	return appendCRC(dst, start)
}

func appendFooter(dst []byte, blocks, sum uint64) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, footerMark)
	dst = binary.LittleEndian.AppendUint64(dst, blocks)
	dst = binary.LittleEndian.AppendUint64(dst, sum)
	return appendCRC(dst, start)
}

func appendCRC(dst []byte, start int) []byte {
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], table))
}

// blockCRC is that of a block with the given number.
func blockCRC(number uint64, payload []byte) uint32 {
	var head [12]byte
	binary.LittleEndian.PutUint64(head[:], number)
	binary.LittleEndian.PutUint32(head[8:], uint32(len(payload)))
	return crc32.Update(crc32.Checksum(head[:], table), table, payload)
}
