package tensor_test

import (
	"math"
	"strings"
	"testing"

	"inkstone/tensor"
)

func TestString(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	count := func(shape ...int) *tensor.Tensor {
		n := 1
		for _, s := range shape {
			n *= s
		}
		x := make([]int32, n)
		for i := range x {
			x[i] = int32(i)
		}
		return tensor.FromSlice(x, shape...)
	}
	half := tensor.New(tensor.Float16, 2)
	copy(tensor.Data[uint16](half), []uint16{0x3c00, 0xb800}) // 1, −0.5
	brain := tensor.New(tensor.BFloat16, 1)
	copy(tensor.Data[uint16](brain), []uint16{0x4049}) // 3.140625

	for _, c := range []struct {
		name string
		t    *tensor.Tensor
		want string
	}{
		{"scalar", tensor.FromSlice([]float32{2.5}), "2.5 float32 []"},
		{"empty", tensor.New(tensor.Float32, 0), "[] float32 [0]"},
		{"empty rows", tensor.New(tensor.Float32, 2, 0), "[[]\n []] float32 [2 0]"},
		{"whole", tensor.FromSlice([]float32{1, -2, 30}, 3), "[ 1. -2. 30.] float32 [3]"},
		{"columns", tensor.FromSlice([]float32{1.5, 2, -0.25, inf}, 2, 2), "[[ 1.5   2.  ]\n [-0.25   inf]] float32 [2 2]"},
		{"special", tensor.FromSlice([]float32{nan, inf, -inf, 0}, 4), "[ nan  inf -inf   0.] float32 [4]"},
		{"four digits", tensor.FromSlice([]float64{math.Pi, 1. / 3}, 2), "[3.1416 0.3333] float64 [2]"},
		{"small", tensor.FromSlice([]float32{1e-5, 0, -1}, 3), "[ 1.0000e-05  0.0000e+00 -1.0000e+00] float32 [3]"},
		{"large", tensor.FromSlice([]float64{1e20, 1}, 2), "[1.0000e+20 1.0000e+00] float64 [2]"},
		{"fractions far apart", tensor.FromSlice([]float32{2000.5, 0.5}, 2), "[2.0005e+03 5.0000e-01] float32 [2]"},
		{"whole numbers far apart", tensor.FromSlice([]float32{123456, 1}, 2), "[123456.      1.] float32 [2]"},
		{"int32", tensor.FromSlice([]int32{-1, 2147483647}, 2), "[        -1 2147483647] int32 [2]"},
		{"float16", half, "[ 1.  -0.5] float16 [2]"},
		{"bfloat16", brain, "[3.1406] bfloat16 [1]"},
		{"transposed", count(2, 3).Transpose(0, 1), "[[0 3]\n [1 4]\n [2 5]] int32 [3 2]"},
		{"sliced", count(3, 4).Slice(0, 1, 3).Slice(1, 2, 4), "[[ 6  7]\n [10 11]] int32 [2 2]"},
		{"broadcast", count(2).Broadcast(2, 2), "[[0 1]\n [0 1]] int32 [2 2]"},
		{"cube", count(2, 2, 2), "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]] int32 [2 2 2]"},
		{"all of 1000 in folded lines", count(1, 30), "[[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28\n  29]] int32 [1 30]"},
		{"edges", count(1001), "[   0    1    2 ...  998  999 1000] int32 [1001]"},
		{"edges of both", count(200, 7), "[[   0    1    2 ...    4    5    6]\n [   7    8    9 ...   11   12   13]\n [  14   15   16 ...   18   19   20]\n ...\n" +
			" [1379 1380 1381 ... 1383 1384 1385]\n [1386 1387 1388 ... 1390 1391 1392]\n [1393 1394 1395 ... 1397 1398 1399]] int32 [200 7]"},
		{"edges of one", count(2, 600), "[[   0    1    2 ...  597  598  599]\n [ 600  601  602 ... 1197 1198 1199]] int32 [2 600]"},
	} {
		if got := c.t.String(); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	if n := strings.Count(count(1000).String(), " "); n < 900 {
		t.Errorf("of 1000 elements only some are shown")
	}
	var none *tensor.Tensor
	if none.String() != "<nil>" {
		t.Error("nil tensor")
	}
	arena := tensor.NewArena()
	x := arena.New(tensor.Float32, 2)
	arena.Release(x)
	if got := x.String(); !strings.HasPrefix(got, "<released>") {
		t.Errorf("released tensor prints %q", got)
	}
}
