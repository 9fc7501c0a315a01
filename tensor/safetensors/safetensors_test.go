package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// file builds a file of a header and n bytes of data.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, n)...)
}

func TestRoundTrip(t *testing.T) {
	f32 := tensor.FromSlice([]float32{1, -2.5, float32(math.Inf(1)), 0, 5, math.MaxFloat32}, 2, 3)
	half := tensor.New(tensor.BFloat16, 3)
	copy(tensor.Data[uint16](half), []uint16{0x3f80, 0xc000, 0x7fc1})
	in := []safetensors.Named{
		{"z", f32},
		{"a.transposed", f32.Transpose(0, 1)},
		{"half", half},
		{"漢\"字", tensor.FromSlice([]float64{math.Pi}, 1)},
		{"scalar", tensor.FromSlice([]int32{-7})},
		{"empty", tensor.New(tensor.Float32, 0, 4)},
	}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	meta := map[string]string{"format": "pt", "a": "<b>"}
	if err := safetensors.Write(path, in, meta); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := f.Names(), []string{"a.transposed", "empty", "half", "scalar", "z", "漢\"字"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	if got := f.Metadata(); len(got) != 2 || got["a"] != "<b>" {
		t.Errorf("metadata %v, want %v", got, meta)
	}
	for _, n := range in {
		got, err := f.Tensor(n.Name)
		if err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		got.WriteTo(&a)
		n.Tensor.WriteTo(&b)
		if !slices.Equal(got.Shape(), n.Tensor.Shape()) || got.DType() != n.Tensor.DType() || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: read %v %v % x, wrote %v %v % x", n.Name, got.DType(), got.Shape(), a.Bytes(), n.Tensor.DType(), n.Tensor.Shape(), b.Bytes())
		}
	}
	if at, _ := f.Tensor("a.transposed"); at.At(2, 1) != math.MaxFloat32 || at.At(0, 1) != 0 || at.At(1, 0) != -2.5 {
		t.Errorf("transposed view was written in the order of its memory")
	}
}

// The bytes depend on the contents alone, the data is aligned, and the format is the one
// others read.
func TestWriteIsDeterministic(t *testing.T) {
	a := safetensors.Named{Name: "a", Tensor: tensor.FromSlice([]float32{1}, 1)}
	b := safetensors.Named{Name: "b", Tensor: tensor.FromSlice([]float64{2}, 1)}
	c := safetensors.Named{Name: "c", Tensor: tensor.FromSlice([]float32{3}, 1)}
	var one, two bytes.Buffer
	meta := map[string]string{"x": "1", "y": "2", "z": "3"}
	if err := safetensors.WriteTo(&one, []safetensors.Named{a, b, c}, meta); err != nil {
		t.Fatal(err)
	}
	if err := safetensors.WriteTo(&two, []safetensors.Named{c, b, a}, meta); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the order of the tensors changes the file")
	}
	header := `{"__metadata__":{"x":"1","y":"2","z":"3"},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"c":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`
	want := header + strings.Repeat(" ", (64-(8+len(header))%64)%64)
	n := binary.LittleEndian.Uint64(one.Bytes())
	if got := string(one.Bytes()[8 : 8+n]); got != want {
		t.Errorf("header\n%s\nwant\n%s", got, want)
	}
	if want := "\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x80\x3f\x00\x00\x40\x40"; string(one.Bytes()[8+n:]) != want {
		t.Errorf("data % x, want % x", one.Bytes()[8+n:], want)
	}
	if err := safetensors.WriteTo(&one, []safetensors.Named{a, a}, nil); err == nil {
		t.Error("two tensors of one name were written")
	}
}

// Tensors of a mapped file are views where the file aligns them, copies elsewhere.
func TestZeroCopy(t *testing.T) {
	for _, c := range []struct {
		pad  int
		view bool
	}{{0, true}, {1, false}} {
		header := `{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
		for (8+len(header))%8 != c.pad {
			header += " "
		}
		raw := file(header, 8)
		copy(raw[len(raw)-8:], "\x00\x00\x80\x3f\x00\x00\x00\x40")
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		a, err := f.Tensor("x")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := f.Tensor("x")
		if got := tensor.Data[float32](a); got[0] != 1 || got[1] != 2 {
			t.Errorf("padding %d: read %v, want [1 2]", c.pad, got)
		}
		same := unsafe.SliceData(tensor.Data[float32](a)) == unsafe.SliceData(tensor.Data[float32](b))
		if same != c.view {
			t.Errorf("padding %d: view %v, want %v", c.pad, same, c.view)
		}
		f.Close()
	}
}

func TestUnsupported(t *testing.T) {
	f, err := safetensors.Read(file(`{"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},
		"deep":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[8,12]},
		"absurd":{"dtype":"F32","shape":[9000000,9000000,9000000,0],"data_offsets":[12,12]},
		"ok":{"dtype":"F32","shape":[],"data_offsets":[12,16]}}`, 16))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"ids":    `safetensors: tensor "ids": elements of type I64 are not supported (have F64, F32, BF16, F16, I32)`,
		"deep":   `safetensors: tensor "deep": 7 dimensions, more than the 6 supported`,
		"absurd": `safetensors: tensor "absurd": shape [9000000 9000000 9000000 0] is absurd`,
		"none":   `safetensors: no tensor "none" among its 4`,
	} {
		if _, err := f.Tensor(name); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
	if x, err := f.Tensor("ok"); err != nil || x.Item() != 0 {
		t.Errorf("tensor beside unsupported ones: %v, %v", x, err)
	}
	if d, s, ok := f.Info("ids"); d != "I64" || !slices.Equal(s, []int{1}) || !ok {
		t.Errorf("Info says %s %v %v", d, s, ok)
	}
}

func TestHostile(t *testing.T) {
	huge := binary.LittleEndian.AppendUint64(nil, 1<<62)
	for _, c := range hostile {
		_, err := safetensors.Read(file(c.header, c.data))
		narrow := strconv.IntSize == 32 && err != nil && strings.Contains(err.Error(), "no size this machine can have")
		if err == nil || !narrow && !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.80s\n\tgave %v\n\twant %s", c.header, err, c.want)
		}
	}
	truncated := []byte("\x09\x00\x00\x00\x00\x00\x00\x00abc")
	for want, raw := range map[string][]byte{
		"too few":                    []byte("abc"),
		"more than the limit":        append(huge, "{}"...),
		"file ends after 3":          truncated,
		"header is not valid UTF-8":  file("{\"\xff\":{}}", 0),
		"something else behind":      file("{}x", 0),
		"ends too early":             file("", 0),
		"3 bytes behind the header ": file("{}", 3),
	} {
		if _, err := safetensors.Read(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("% x gave %v, want %s", raw, err, want)
		}
	}
	path := filepath.Join(t.TempDir(), "bad.safetensors")
	os.WriteFile(path, []byte("abc"), 0o644)
	if _, err := safetensors.Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name the file", err)
	}
	if _, err := safetensors.Open(path + "x"); err == nil {
		t.Error("opened a file that does not exist")
	}
}

func entry(dtype, shape, offsets string) string {
	return fmt.Sprintf(`{"x":{"dtype":%q,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
}

var hostile = []struct {
	header string
	data   int
	want   string
}{
	{entry("F32", "[2]", "[0,8]"), 7, `tensor "x" ends at byte 8 of 7 bytes of data`},
	{entry("F32", "[2]", "[0,8]"), 9, `1 bytes behind tensor "x"`},
	{entry("F32", "[2]", "[1,9]"), 9, `1 bytes between the header and tensor "x"`},
	{entry("F32", "[3]", "[0,8]"), 8, `shape [3] of F32 does not fill the 8 bytes`},
	{entry("F32", "[2]", "[8,0]"), 8, `begins at byte 8 and ends before`},
	{entry("F32", "[4611686018427387904,4]", "[0,0]"), 0, `does not fill`},
	{entry("F32", "[4294967296,4294967296]", "[0,0]"), 0, `does not fill`},
	{entry("F32", "[-1]", "[0,8]"), 8, `no size`},
	{entry("F32", "[1e1]", "[0,8]"), 8, `no size`},
	{entry("F32", "[18446744073709551615]", "[0,8]"), 8, `no size`},
	{entry("F32", "[2]", "[0,9223372036854775808]"), 8, `no size`},
	{entry("F32", "[2]", "[0,9223372036854775807]"), 8, `ends at byte`},
	{entry("F32", "[2]", "[0]"), 8, `data_offsets has 1`},
	{entry("F32", "[2]", "[0,8,8]"), 8, `more than 2`},
	{entry("F32", `["2"]`, "[0,8]"), 8, `want a list of numbers`},
	{entry("F32", `{}`, "[0,8]"), 8, `want a list of numbers`},
	{entry("F32", "["+strings.Repeat("1,", 99)+"1]", "[0,8]"), 8, `more than 64`},
	{entry("F33", "[2]", "[0,8]"), 8, `unknown dtype "F33"`},
	{`{"x":{"dtype":"F32","shape":[2]}}`, 8, `needs dtype, shape and data_offsets`},
	{`{"x":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8, `dtype appears twice`},
	{`{"x":{"DTYPE":"F32","shape":[2],"data_offsets":[0,8]}}`, 8, `unknown key "DTYPE"`},
	{`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2, `"x" appears twice`},
	{`{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3, `tensor "y" overlaps tensor "x"`},
	{`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 3, `1 bytes between tensor "x" and tensor "y"`},
	{`{"x":7}`, 0, `tensor "x": want an object`},
	{`[]`, 0, `want an object`},
	{`{"__metadata__":{"a":1}}`, 0, `want a string`},
	{`{"__metadata__":{"a":"1","a":"2"}}`, 0, `appears twice`},
	{`{"x":{"dtype":"F32"`, 0, `header`},
	{strings.Repeat(`{"x":`, 100000), 0, `header`},
}

func FuzzRead(f *testing.F) {
	for _, c := range hostile {
		f.Add(file(c.header, c.data))
	}
	f.Add(file(entry("F32", "[2]", "[0,8]"), 8))
	f.Add(file(`{"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[0],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := safetensors.Read(raw)
		if err != nil {
			return
		}
		total := 0
		for _, name := range file.Names() {
			if x, err := file.Tensor(name); err == nil {
				total += x.Bytes()
				if x.Len() > 0 && x.NDim() > 0 {
					x.Slice(0, 0, 1)
				}
			}
		}
		if total > len(raw) {
			t.Errorf("tensors of %d bytes in a file of %d", total, len(raw))
		}
	})
}
