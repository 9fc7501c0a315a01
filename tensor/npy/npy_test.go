package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inkstone/tensor"
)

// array builds a file of the given format version.
func array(major byte, dict, data string) []byte {
	b := append([]byte(magic), major, 0)
	if major == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(dict)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(dict)))
	}
	return append(append(b, dict...), data...)
}

// one is 1.0 and two is 2.0 as little-endian float32.
const one, two = "\x00\x00\x80\x3f", "\x00\x00\x00\x40"

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"v1", array(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }   \n", one+two), "[1. 2.] float32 [2]"},
		{"v2", array(2, "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }\n", "\x07\x00\x00\x00\xff\xff\xff\xff"), "[[ 7 -1]] int32 [1 2]"},
		{"v3", array(3, "{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }\n", "\x00\x3c"), "[1.] float16 [1]"},
		{"scalar", array(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", "\x00\x00\x00\x00\x00\x00\xf8\x3f"), "1.5 float64 []"},
		{"fortran", array(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", one+two+one+two+one+one), "[[1. 1. 1.]\n [2. 2. 1.]] float32 [2 3]"},
		{"python 2, other order", array(1, `{"shape":(2L,),"fortran_order":False,"descr":"<f4"}`, one+two), "[1. 2.] float32 [2]"},
		{"empty", array(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }\n", ""), "[] float32 [0 3]"},
	} {
		got, err := Read(c.file)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got.String() != c.want {
			t.Errorf("%s:\n%v\nwant\n%s", c.name, got, c.want)
		}
	}
}

func good(descr, shape string) string {
	return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n"
}

var hostile = []struct {
	file []byte
	want string
}{
	{nil, "not a .npy file"},
	{[]byte("PK\x03\x04 something"), "not a .npy file"},
	{array(4, good("<f4", "(1,)"), one), "version 4"},
	{array(1, good("<f4", "(1,)"), one)[:20], "truncated in the header"},
	{array(2, "", "")[:11], "truncated in the header"},
	{append([]byte(magic+"\x02\x00\xff\xff\xff\xff"), "{}"...), "more than the limit"},
	{array(1, good("<f4", "(2,)"), one), "needs 8 bytes, the file has 4"},
	{array(1, good("<f4", "(1,)"), one+one), "needs 4 bytes, the file has 8"},
	{array(1, good("<i8", "(1,)"), one+one), `elements of type "<i8" are not supported`},
	{array(1, good(">f4", "(1,)"), one), `elements of type ">f4" are not supported`},
	{array(1, good("<f4", "(99999999999999999999,)"), one), "no size"},
	{array(1, good("<f4", "(4294967296, 4294967296, 4294967296)"), one), "absurd"},
	{array(1, good("<f4", "(4294967296, 4294967296, 0)"), ""), "absurd"},
	{array(1, good("<f4", "(2199023255552, 0)"), ""), "absurd"},
	{array(1, good("<f4", "(1, 1, 1, 1, 1, 1, 1)"), one), "more than the 6 dimensions"},
	{array(1, good("<f4", "(-1,)"), one), "no tuple"},
	{array(1, good("<f4", "(1"), one), "no tuple"},
	{array(1, good("<f4", "[1]"), one), "no tuple"},
	{array(1, good("<f4', 'descr': '<f4", "(1,)"), one), "appears twice"},
	{array(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", one), "structured"},
	{array(1, "{'descr': '<f4', 'shape': (1,), }", one), "want exactly"},
	{array(1, "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }", one), "neither True nor False"},
	{array(1, "{'x': 1}", one), "unknown key"},
	{array(1, "{'descr", one), "want a key"},
	{array(1, "[]", one), "no dictionary"},
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		_, err := Read(c.file)
		want := c.want
		if strconv.IntSize == 32 && want == "absurd" { // refused a little sooner
			want = "no size this machine can have"
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.80q gave %v, want %s", c.file, err, want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	x := tensor.FromSlice([]float32{1, 2, 3, 4, float32(math.Inf(-1)), 6}, 2, 3)
	in := map[string]*tensor.Tensor{
		"x": x, "xT": x.Transpose(0, 1), "ids": tensor.FromSlice([]int32{-5}), "y": tensor.FromSlice([]float64{math.Pi}, 1, 1, 1),
	}
	path := filepath.Join(dir, "a.npz")
	if err := WriteArchive(path, in); err != nil {
		t.Fatal(err)
	}
	out, err := ReadArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range in {
		if got := out[name]; got.String() != want.String() {
			t.Errorf("%s: read\n%v\nwrote\n%v", name, got, want)
		}
		file := filepath.Join(dir, name+".npy")
		if err := WriteFile(file, want); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadFile(file); err != nil || got.String() != want.String() {
			t.Errorf("%s: read\n%v (%v)\nwrote\n%v", name, got, err, want)
		}
	}
	raw, _ := os.ReadFile(filepath.Join(dir, "x.npy"))
	dict := strings.TrimSuffix(good("<f4", "(2, 3)"), "\n")
	if want := array(1, dict+strings.Repeat(" ", 117-len(dict))+"\n", ""); len(raw) != 128+24 || !bytes.Equal(raw[:128], want) {
		t.Errorf("header %q, want NumPy's own %q", raw[:128], want)
	}
	if err := WriteFile(path, tensor.New(tensor.BFloat16, 1)); err == nil {
		t.Error("wrote bfloat16, which NumPy lacks")
	}
	if again, err := ReadArchive(path); err != nil || len(again) != len(in) {
		t.Errorf("a failed write changed the file: %v", err)
	}
}

func archive(t testing.TB, names []string, data []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileArchive(t *testing.T) {
	zeros := array(1, good("<f4", "(250000,)"), strings.Repeat("\x00", 1000000))
	bomb := archive(t, []string{"a.npy", "b.npy"}, zeros)
	if len(bomb) > 10000 {
		t.Fatalf("%d bytes are no bomb", len(bomb))
	}
	if a, err := unpack(bomb, 3<<20); err != nil || len(a) != 2 {
		t.Errorf("within the limit: %v", err)
	}
	for _, limit := range []int64{100, 1 << 20} { // already the first is too big; both together are
		if _, err := unpack(bomb, limit); err == nil || !strings.Contains(err.Error(), "limit") {
			t.Errorf("zip bomb with limit %d gave %v", limit, err)
		}
	}
	if _, err := ParseArchive(archive(t, []string{"a.npy", "a.npy"}, zeros)); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("an array that appears twice gave %v", err)
	}
	if _, err := ParseArchive(archive(t, []string{"a.npy"}, []byte("junk"))); err == nil || !strings.Contains(err.Error(), `array "a": not a .npy file`) {
		t.Errorf("junk gave %v", err)
	}
	flipped := slices.Clone(bomb)
	flipped[60] ^= 0x40
	if _, err := ParseArchive(flipped); err == nil {
		t.Error("a flipped bit was not noticed")
	}
	if _, err := ParseArchive(bomb[:len(bomb)/2]); err == nil {
		t.Error("a truncated archive was read")
	}
}

func FuzzRead(f *testing.F) {
	for _, c := range hostile {
		f.Add(c.file)
	}
	f.Add(array(1, good("<f4", "(2,)"), one+two))
	f.Add(array(3, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }\n", one+two))
	f.Fuzz(func(t *testing.T, file []byte) {
		if x, err := Read(file); err == nil && x.Bytes() > len(file) {
			t.Errorf("%d bytes from a file of %d", x.Bytes(), len(file))
		}
	})
}

func FuzzParseArchive(f *testing.F) {
	f.Add(archive(f, []string{"a.npy", "b.npy"}, array(1, good("<f4", "(2,)"), one+two)))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := unpack(file, 1<<20); err == nil && len(file) == 0 {
			t.Error("an empty file is no archive")
		}
	})
}
