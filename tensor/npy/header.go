package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"inkstone/tensor"
)

const magic = "\x93NUMPY"

// maxHeader is the longest header read; NumPy's own limit is 10000 characters.
const maxHeader = 1 << 16

// header is what stands before the elements: the Python dictionary
// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
type header struct {
	descr   string
	fortran bool
	shape   []int
}

// dtypes maps the element types that have one in package tensor. NumPy has no bfloat16.
var dtypes = map[string]tensor.DType{
	"<f4": tensor.Float32, "<f8": tensor.Float64, "<f2": tensor.Float16, "<i4": tensor.Int32,
}

func descrOf(d tensor.DType) (string, bool) {
	for descr, have := range dtypes {
		if have == d {
			return descr, true
		}
	}
	return "", false
}

// splitHeader separates the header's text from the elements.
func splitHeader(file []byte) (text string, data []byte, err error) {
	if !bytes.HasPrefix(file, []byte(magic)) || len(file) < 10 {
		return "", nil, errors.New("not a .npy file")
	}
	var n uint64
	switch major := file[6]; major {
	case 1:
		n, data = uint64(binary.LittleEndian.Uint16(file[8:])), file[10:]
	case 2, 3:
		if len(file) < 12 {
			return "", nil, errors.New("truncated in the header")
		}
		n, data = uint64(binary.LittleEndian.Uint32(file[8:])), file[12:]
	default:
		return "", nil, fmt.Errorf("version %d of the .npy format is not supported (have 1 to 3)", major)
	}
	if n > maxHeader {
		return "", nil, fmt.Errorf("header of %d bytes, more than the limit of %d", n, maxHeader)
	}
	if n > uint64(len(data)) {
		return "", nil, errors.New("truncated in the header")
	}
	return string(data[:n]), data[n:], nil
}

// parseHeader reads the dictionary. It takes what NumPy writes, and what Python would read
// as the same up to spaces and the order of keys.
func parseHeader(text string) (h header, err error) {
	p := parser{strings.TrimRight(text, " \n")}
	if !p.take("{") {
		return h, errors.New("header is no dictionary")
	}
	seen := make(map[string]bool)
	for !p.take("}") {
		key, ok := p.quoted()
		if !ok || !p.take(":") {
			return h, errors.New("header: want a key in quotes and a colon")
		}
		if seen[key] {
			return h, fmt.Errorf("header: %s appears twice", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			if h.descr, ok = p.quoted(); !ok {
				return h, errors.New("header: structured element types are not supported")
			}
		case "fortran_order":
			if h.fortran = p.take("True"); !h.fortran && !p.take("False") {
				return h, errors.New("header: fortran_order is neither True nor False")
			}
		case "shape":
			if h.shape, err = p.tuple(); err != nil {
				return h, err
			}
		default:
			return h, fmt.Errorf("header: unknown key %q", key)
		}
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return h, errors.New("header: want a comma between the entries")
		}
	}
	if p.rest != "" || len(seen) != 3 {
		return h, errors.New("header: want exactly descr, fortran_order and shape")
	}
	return h, nil
}

// A parser consumes a Python literal from the left.
type parser struct{ rest string }

// take removes a token and the spaces around it.
func (p *parser) take(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " "), token)
	if ok {
		p.rest = strings.TrimLeft(rest, " ")
	}
	return ok
}

// quoted removes a string without escapes.
func (p *parser) quoted() (string, bool) {
	for _, quote := range []string{"'", `"`} {
		if p.take(quote) {
			s, rest, ok := strings.Cut(p.rest, quote)
			if !ok || strings.Contains(s, `\`) {
				return "", false
			}
			p.rest = strings.TrimLeft(rest, " ")
			return s, true
		}
	}
	return "", false
}

// tuple removes a tuple of sizes.
func (p *parser) tuple() ([]int, error) {
	bad := errors.New("header: shape is no tuple of sizes")
	if !p.take("(") {
		return nil, bad
	}
	shape := []int{}
	for !p.take(")") {
		end := strings.IndexFunc(p.rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 1 {
			return nil, bad
		}
		n, err := strconv.ParseUint(p.rest[:end], 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("header: shape: %.30s is no size this machine can have", p.rest[:end])
		}
		if len(shape) == tensor.MaxDims {
			return nil, fmt.Errorf("shape has more than the %d dimensions supported", tensor.MaxDims)
		}
		shape = append(shape, int(n))
		p.rest = p.rest[end:]
		p.take("L") // Python 2
		if !p.take(",") && !strings.HasPrefix(p.rest, ")") {
			return nil, bad
		}
	}
	return shape, nil
}

// count multiplies the sizes of a shape. It refuses those whose strides would overflow,
// also if one dimension is empty.
func count(shape []int) (n uint64, err error) {
	n, span := 1, uint64(1)
	for _, s := range shape {
		hi, lo := bits.Mul64(span, uint64(max(s, 1)))
		if hi != 0 || lo > 1<<40 {
			return 0, fmt.Errorf("shape %v is absurd", shape)
		}
		span = lo
		n *= uint64(s)
	}
	return n, nil
}
