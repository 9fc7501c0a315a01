package tensor

import (
	"fmt"

	"inkstone/kernels"
)

// A Packed is a matrix [K, N] that serves many products as their right factor: it lies in the
// panels that the multiplication reads, in the precision in which the backend multiplied
// when it was packed. In F32 it takes as much memory as the matrix, in BF16 half of that. It
// holds a copy: what becomes of the tensor that was packed does not matter to it. On a backend
// whose products read any layout equally well it is nothing but that copy (see PackPlain).
//
// The zero value is ready for Backend.Pack.
type Packed struct {
	k, n  int
	dtype DType
	bf16  bool    // two bfloat16 numbers to a word
	isa   string  // the level whose panels these are
	words *Tensor // panel after panel, each of all of K; or nil, and
	plain *Tensor // the matrix as it was
}

// Shape returns K and N.
func (p *Packed) Shape() (k, n int) { return p.k, p.n }

// DType returns the type of the tensors that it multiplies.
func (p *Packed) DType() DType { return p.dtype }

// Bytes returns the memory that the numbers take.
func (p *Packed) Bytes() int {
	switch {
	case p.words != nil:
		return p.words.Bytes()
	case p.plain != nil:
		return p.plain.Bytes()
	}
	return 0
}

// PackPlain makes p a copy of b in the layout that b has, for backends whose products read any.
func PackPlain(backend Backend, p *Packed, b *Tensor) {
	if b.ndim != 2 {
		panic("tensor: Pack: want two dimensions, not " + shapeText(b))
	}
	plain, turned := p.plain, b.strides[0] == 1
	if plain == nil || plain.dtype != b.dtype || !SameShape(plain, b) || (plain.strides[0] == 1) != turned {
		if turned {
			plain = New(b.dtype, b.shape[1], b.shape[0]).Transpose(0, 1)
		} else {
			plain = New(b.dtype, b.shape[0], b.shape[1])
		}
	}
	backend.Copy(plain, b)
	*p = Packed{k: b.shape[0], n: b.shape[1], dtype: b.dtype, plain: plain}
}

// Plain returns the matrix of PackPlain, [K, N], or nil if p was packed otherwise.
func (p *Packed) Plain() *Tensor { return p.plain }

// Pack works as Backend says.
func (c *CPU) Pack(p *Packed, b *Tensor) {
	if b.ndim != 2 {
		panic("tensor: Pack: want two dimensions, not " + shapeText(b))
	}
	switch b.dtype {
	case Float32:
		pack(c, p, b, packingChunk[float32])
	case Float64:
		pack(c, p, b, packingChunk[float64])
	default:
		panic(badType("Pack", b))
	}
}

func pack[T kernels.Float](c *CPU, p *Packed, b *Tensor, do func(s *packing[T], lo, hi int)) {
	words := p.words
	*p = Packed{k: b.shape[0], n: b.shape[1], dtype: b.dtype, bf16: c.precision == BF16 && b.dtype == Float32, isa: kernels.ISA()}
	s := packing[T]{src: matrix[T]{storage[T](b), p.k, p.n, b.strides[0], b.strides[1]}, bf16: p.bf16}
	s.panel = panelOf[T](p)
	size := s.panel * pieces(p.n, kernels.GemmCols[T]())
	if words == nil || words.dtype != b.dtype || words.Len() != size {
		words = New(b.dtype, size)
	}
	p.words, s.dst = words, Data[T](words)
	For(c.pool, pieces(p.n, kernels.GemmCols[T]()), rowGrain(s.panel), s, do)
}

// panelOf returns how many numbers a panel of p has.
func panelOf[T kernels.Float](p *Packed) int {
	cols := kernels.GemmCols[T]()
	if p.bf16 {
		return kernels.PairPanels[T](cols, cols, p.k)
	}
	return kernels.GemmPanels(cols, cols, p.k)
}

// packing holds the arguments of Pack for its tasks.
type packing[T kernels.Float] struct {
	src   matrix[T]
	dst   []T
	panel int
	bf16  bool
}

// packingChunk packs panels [lo, hi).
func packingChunk[T kernels.Float](s *packing[T], lo, hi int) {
	cols := kernels.GemmCols[T]()
	for q := lo; q < hi; q++ {
		left := q * cols
		dst, src := s.dst[q*s.panel:][:s.panel], s.src.data[min(left*s.src.col, len(s.src.data)):]
		width := min(cols, s.src.cols-left)
		if s.bf16 {
			kernels.PackPairs(dst, src, s.src.col, s.src.row, width, cols, s.src.rows)
		} else {
			kernels.PackPanels(dst, src, s.src.col, s.src.row, width, cols, s.src.rows)
		}
	}
}

// MatMulPacked works as Backend says.
func (c *CPU) MatMulPacked(dst, a *Tensor, b *Packed, bias *Tensor) {
	if a.ndim != 2 || dst.ndim != 2 || a.Dim(1) != b.k || dst.Dim(1) != b.n || dst.Dim(0) != a.Dim(0) || a.dtype != b.dtype || dst.dtype != b.dtype {
		panic(fmt.Sprintf("tensor: MatMulPacked: dst %v %v, a %v %v, b %v [%d %d]", dst.dtype, dst.Shape(), a.dtype, a.Shape(), b.dtype, b.k, b.n))
	}
	vector("MatMulPacked", "bias", dst.dtype, b.n, bias)
	if b.plain != nil {
		panic("tensor: MatMulPacked: b was packed by another backend")
	}
	if b.isa != kernels.ISA() {
		panic(fmt.Sprintf("tensor: MatMulPacked: b was packed for %s, in use is %s", b.isa, kernels.ISA()))
	}
	if dst.Len() == 0 {
		return
	}
	switch b.dtype {
	case Float32:
		multiplyPacked(c, newPackedArgs[float32](c, dst, a, b, bias), packedSteps[float32]{packRowsChunk[float32], packedChunk[float32], vectorChunk[float32]})
	default:
		multiplyPacked(c, newPackedArgs[float64](c, dst, a, b, bias), packedSteps[float64]{packRowsChunk[float64], packedChunk[float64], vectorChunk[float64]})
	}
}
