package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"sort"
	"strconv"
	"unicode/utf8"
)

// maxHeader is the longest header read: what the format's first implementation accepts.
const maxHeader = 100_000_000

// entry is one tensor as the header describes it.
type entry struct {
	name       string
	dtype      string
	shape      []int
	begin, end int // bytes, counted from the end of the header
}

// dtypeSizes holds the bytes of one element of every type the format knows in whole bytes.
// Types that package tensor lacks can be in a file beside others, but not be read.
var dtypeSizes = map[string]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1,
	"I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4,
	"I64": 8, "U64": 8, "F64": 8, "C64": 8,
}

// parseHeader splits a file's bytes into its tensors, sorted by position, its metadata and
// the tensors' data. Nothing is allocated by a size that the header claims.
func parseHeader(file []byte) (entries []entry, metadata map[string]string, data []byte, err error) {
	if len(file) < 8 {
		return nil, nil, nil, fmt.Errorf("%d bytes are too few for a safetensors file", len(file))
	}
	n, rest := binary.LittleEndian.Uint64(file), file[8:]
	switch {
	case n > maxHeader:
		return nil, nil, nil, fmt.Errorf("header of %d bytes, more than the limit of %d (is this a safetensors file?)", n, maxHeader)
	case n > uint64(len(rest)):
		return nil, nil, nil, fmt.Errorf("header of %d bytes, but the file ends after %d (truncated?)", n, len(rest))
	}
	header, data := rest[:n], rest[n:]
	if !utf8.Valid(header) {
		return nil, nil, nil, errors.New("header is not valid UTF-8")
	}
	p := headerParser{dec: json.NewDecoder(bytes.NewReader(header))}
	p.dec.UseNumber()
	if err := p.parse(); err != nil {
		return nil, nil, nil, fmt.Errorf("header: %w", err)
	}
	if tail := bytes.TrimRight(header[p.dec.InputOffset():], " "); len(tail) > 0 {
		return nil, nil, nil, fmt.Errorf("header: %d bytes of something else behind the JSON object", len(tail))
	}
	sort.SliceStable(p.entries, func(i, j int) bool {
		a, b := &p.entries[i], &p.entries[j]
		return a.begin < b.begin || a.begin == b.begin && a.end < b.end
	})
	return p.entries, p.metadata, data, checkLayout(p.entries, len(data))
}

// checkLayout makes sure that the tensors fill the data without gap or overlap, each with
// as many bytes as its shape has.
func checkLayout(entries []entry, size int) error {
	at, before := 0, "the header"
	for i := range entries {
		e := &entries[i]
		want, ok := byteSize(e.shape, dtypeSizes[e.dtype])
		switch {
		case e.end > size:
			return fmt.Errorf("tensor %q ends at byte %d of %d bytes of data (truncated?)", e.name, e.end, size)
		case e.begin > e.end:
			return fmt.Errorf("tensor %q begins at byte %d and ends before it, at %d", e.name, e.begin, e.end)
		case !ok || want != e.end-e.begin:
			return fmt.Errorf("tensor %q: shape %v of %s does not fill the %d bytes it has", e.name, e.shape, e.dtype, e.end-e.begin)
		case e.begin < at:
			return fmt.Errorf("tensor %q overlaps %s", e.name, before)
		case e.begin > at:
			return fmt.Errorf("%d bytes between %s and tensor %q belong to no tensor", e.begin-at, before, e.name)
		}
		at, before = e.end, fmt.Sprintf("tensor %q", e.name)
	}
	if at != size {
		return fmt.Errorf("%d bytes behind %s belong to no tensor", size-at, before)
	}
	return nil
}

// byteSize multiplies, and reports whether the product fits.
func byteSize(shape []int, elem int) (int, bool) {
	n, overflow := uint64(elem), false
	for _, s := range shape {
		if s == 0 {
			return 0, true
		}
		hi, lo := bits.Mul64(n, uint64(s))
		overflow = overflow || hi != 0
		n = lo
	}
	return int(n), !overflow && n <= uint64(^uint(0)>>1)
}

// A headerParser reads the header token by token, because encoding/json's structs let
// duplicate, unknown and differently-cased keys pass.
type headerParser struct {
	dec      *json.Decoder
	entries  []entry
	metadata map[string]string
}

func (p *headerParser) parse() error {
	seen := make(map[string]bool)
	return p.object("the file", func(key string) error {
		if seen[key] {
			return fmt.Errorf("%q appears twice", key)
		}
		seen[key] = true
		if key == "__metadata__" {
			return p.parseMetadata()
		}
		e, err := p.parseEntry(key)
		p.entries = append(p.entries, e)
		return err
	})
}

func (p *headerParser) parseMetadata() error {
	p.metadata = make(map[string]string)
	return p.object("__metadata__", func(key string) (err error) {
		if _, ok := p.metadata[key]; ok {
			return fmt.Errorf("__metadata__: %q appears twice", key)
		}
		p.metadata[key], err = p.text("__metadata__: " + strconv.Quote(key))
		return err
	})
}

func (p *headerParser) parseEntry(name string) (e entry, err error) {
	what := fmt.Sprintf("tensor %q", name)
	e.name = name
	var have struct{ dtype, shape, offsets bool }
	once := func(flag *bool, key string) error {
		if *flag {
			return fmt.Errorf("%s: %s appears twice", what, key)
		}
		*flag = true
		return nil
	}
	err = p.object(what, func(key string) (err error) {
		switch key {
		case "dtype":
			if err := once(&have.dtype, key); err != nil {
				return err
			}
			if e.dtype, err = p.text(what + ": dtype"); err == nil && dtypeSizes[e.dtype] == 0 {
				err = fmt.Errorf("%s: unknown dtype %q", what, e.dtype)
			}
		case "shape":
			if err := once(&have.shape, key); err != nil {
				return err
			}
			e.shape, err = p.numbers(what+": shape", 64)
		case "data_offsets":
			if err := once(&have.offsets, key); err != nil {
				return err
			}
			var at []int
			if at, err = p.numbers(what+": data_offsets", 2); err == nil && len(at) != 2 {
				err = fmt.Errorf("%s: data_offsets has %d numbers, want 2", what, len(at))
			}
			if err == nil {
				e.begin, e.end = at[0], at[1]
			}
		default:
			err = fmt.Errorf("%s: unknown key %q", what, key)
		}
		return err
	})
	if err == nil && !(have.dtype && have.shape && have.offsets) {
		err = fmt.Errorf("%s: needs dtype, shape and data_offsets", what)
	}
	return e, err
}
