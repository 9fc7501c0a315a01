package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// How String lays a tensor out.
const (
	printAll    = 1000 // elements, above which only the edges are shown
	printEdge   = 3    // indices shown at each end of a dimension then
	printDigits = 4    // behind the point
	printWidth  = 88   // columns of a line, roughly
)

// String returns the elements in NumPy's layout, followed by the element type and shape:
//
//	[[ 1.5   2.  ]
//	 [-0.25   inf]] float32 [2 2]
//
// All elements are written alike, so that columns line up: with as many digits behind the
// point as the neediest has, four at most; with exponents if sizes differ too much for
// that. Of a tensor with more than a thousand elements the edges are shown.
func (t *Tensor) String() string {
	if t == nil {
		return "<nil>"
	}
	if t.buf == nil {
		return fmt.Sprintf("<released> %v %v", t.dtype, t.Shape())
	}
	p := printer{t: t, edges: t.Len() > printAll}
	p.each(0, 0, func(x float64) { p.measure(x) })
	p.choose()
	p.each(0, 0, func(x float64) { p.width = max(p.width, len(p.format(x))) })
	p.block(0, 0)
	fmt.Fprintf(&p.out, " %v %v", t.dtype, t.Shape())
	return p.out.String()
}

// A printer holds what all elements have in common.
type printer struct {
	t     *Tensor
	edges bool // show only the edges of long dimensions
	out   strings.Builder

	fraction   bool    // some element is no integer
	low, high  float64 // smallest and largest size of finite elements other than 0
	digits     int     // behind the point
	scientific bool
	width      int
}

// shown calls visit for the indices of a dimension that are shown, and gap between the
// edges.
func (p *printer) shown(dim int, visit func(i int), gap func()) {
	n := p.t.shape[dim]
	for i := 0; i < n; i++ {
		if p.edges && n > 2*printEdge && i == printEdge {
			gap()
			i = n - printEdge
		}
		visit(i)
	}
}

// each calls visit with every element that is shown.
func (p *printer) each(dim, at int, visit func(x float64)) {
	if dim == p.t.NDim() {
		visit(p.t.at(at))
		return
	}
	p.shown(dim, func(i int) { p.each(dim+1, at+i*p.t.strides[dim], visit) }, func() {})
}

// measure takes an element into account for the choice of the format.
func (p *printer) measure(x float64) {
	x = math.Abs(x)
	if math.IsInf(x, 0) || math.IsNaN(x) || x == 0 {
		return
	}
	if p.high == 0 || x < p.low {
		p.low = x
	}
	p.high = max(p.high, x)
	p.fraction = p.fraction || x != math.Trunc(x)
	for p.digits < printDigits { // enough that further digits would be zeros
		if rounded(x, p.digits) == rounded(x, printDigits) {
			break
		}
		p.digits++
	}
}

// rounded returns x as it looks with so many digits behind the point.
func rounded(x float64, digits int) float64 {
	scale := math.Pow(10, float64(digits))
	return math.Round(x*scale) / scale
}

// choose decides for exponents by NumPy's rule.
func (p *printer) choose() {
	p.scientific = p.t.dtype != Int32 && (p.high >= 1e8 || p.fraction && (p.low < 1e-4 || p.high/p.low > 1000))
}

func (p *printer) format(x float64) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(x, 'f', -1, 64), "+"))
	case p.t.dtype == Int32:
		return strconv.FormatInt(int64(x), 10)
	case p.scientific:
		return strconv.FormatFloat(x, 'e', printDigits, 64)
	}
	s := strconv.FormatFloat(x, 'f', p.digits, 64)
	if p.digits == 0 {
		return s + "."
	}
	whole := strings.TrimRight(s, "0") // 2.50 is 2.5, but still takes the column's width
	return whole + strings.Repeat(" ", len(s)-len(whole))
}

// block writes the part of the tensor from dimension dim on.
func (p *printer) block(dim, at int) {
	if dim == p.t.NDim() {
		fmt.Fprintf(&p.out, "%*s", p.width, p.format(p.t.at(at)))
		return
	}
	if dim == p.t.NDim()-1 {
		p.row(dim, at)
		return
	}
	separator := strings.Repeat("\n", p.t.NDim()-1-dim) + strings.Repeat(" ", dim+1)
	p.out.WriteByte('[')
	first := true
	next := func() {
		if !first {
			p.out.WriteString(separator)
		}
		first = false
	}
	p.shown(dim, func(i int) {
		next()
		p.block(dim+1, at+i*p.t.strides[dim])
	}, func() {
		next()
		p.out.WriteString("...")
	})
	p.out.WriteByte(']')
}

// row writes the last dimension, folded into lines if it is long.
func (p *printer) row(dim, at int) {
	p.out.WriteByte('[')
	column := dim + 1
	next := func(i, width int) {
		switch {
		case i == 0:
		case column+1+width > printWidth:
			p.out.WriteString("\n" + strings.Repeat(" ", dim+1))
			column = dim + 1
		default:
			p.out.WriteByte(' ')
			column++
		}
		column += width
	}
	p.shown(dim, func(i int) {
		next(i, p.width)
		fmt.Fprintf(&p.out, "%*s", p.width, p.format(p.t.at(at+i*p.t.strides[dim])))
	}, func() {
		next(1, 3)
		p.out.WriteString("...")
	})
	p.out.WriteByte(']')
}
