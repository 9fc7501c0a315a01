package autograd

import (
	"fmt"

	"inkstone/tensor"
)

// A Tape runs operations on a backend and records them for Backward.
type Tape struct {
	backend tensor.Backend
	arena   *tensor.Arena

	nodes []*Node // every node ever made; nodes[:used] are of this pass
	used  int
	vars  []*Variable // every result ever made; vars[:made] are of this pass
	made  int

	leaves []*Variable // that took part in this pass, in order of first use
	pass   int         // counts passes, to tell whether a leaf is already in leaves

	noGrad  int  // > 0 inside NoGrad
	train   bool // Dropout drops
	retain  bool // keep values and gradients after Backward has passed them
	idle    Node // returned by record when nothing is recorded
	random  randomState
	tracing bool
	scope   []string
	onValue func(v *Variable)
	onGrad  func(v *Variable, grad *tensor.Tensor)
}

// NewTape returns a tape that computes on a backend.
func NewTape(backend tensor.Backend) *Tape {
	return &Tape{backend: backend, arena: tensor.NewArenaOn(backend)}
}

// Backend returns the backend the tape computes on.
func (t *Tape) Backend() tensor.Backend { return t.backend }

// Arena returns the memory of the tape's results. Everything in it is gone after Reset.
func (t *Tape) Arena() *tensor.Arena { return t.arena }

// Reset forgets all operations and releases their results. Call it before each step.
func (t *Tape) Reset() {
	t.used, t.made = 0, 0
	t.leaves = t.leaves[:0]
	t.pass++
	t.random.offset = 0
	t.arena.Reset()
}

// Retain makes Backward keep intermediate values and gradients, for a look at them
// afterwards. By default it frees each as soon as no later step of it can need it, which
// halves the memory of a training step.
func (t *Tape) Retain(on bool) { t.retain = on }

// Training turns dropout on or off; it starts off.
func (t *Tape) Training(on bool) { t.train = on }

// NoGrad runs f without recording: its results are constants.
func (t *Tape) NoGrad(f func()) {
	t.noGrad++
	defer func() { t.noGrad-- }()
	f()
}

// SetGrad turns recording on or off, for code that only infers.
func (t *Tape) SetGrad(on bool) {
	t.noGrad = 0
	if !on {
		t.noGrad = 1
	}
}

// Detach returns a constant with v's value: gradients do not flow through it.
func (t *Tape) Detach(v *Variable) *Variable {
	return t.variable(t.arena.View(v.Value))
}

// Input returns a constant for a tensor, without the allocation of Constant.
func (t *Tape) Input(value *tensor.Tensor) *Variable {
	return t.variable(t.arena.View(value))
}

// variable returns an unused Variable.
func (t *Tape) variable(value *tensor.Tensor) *Variable {
	if t.made == len(t.vars) {
		t.vars = append(t.vars, new(Variable))
	}
	v := t.vars[t.made]
	t.made++
	*v = Variable{Value: value, fresh: true, hooks: v.hooks[:0]}
	return v
}

// new returns a result with uninitialised contents, for an operation to fill.
func (t *Tape) new(dtype tensor.DType, shape ...int) *Variable {
	return t.variable(t.arena.New(dtype, shape...))
}

// like returns a result with x's type and shape.
func (t *Tape) like(x *Variable) *Variable {
	return t.variable(t.arena.New(x.Value.DType(), x.Shape()...))
}

// A Node is one recorded operation: what its backward needs to know.
type Node struct {
	op       string
	in       []*Variable
	out      *Variable
	saved    [4]*tensor.Tensor // kept by the forward, released after the backward
	ints     [4]int
	floats   [2]float64
	random   randomState
	call     func(*Tape, *Variable) *Variable // of a checkpoint
	backward func(t *Tape, n *Node)
	pending  []pendingGrad
}

// record notes that out came from in by op, with the backward that computes the gradients
// of in from the gradient of out. The backward must capture nothing; what it needs goes
// into the returned node. When nothing needs a gradient, nothing is recorded.
func (t *Tape) record(op string, out *Variable, backward func(t *Tape, n *Node), in ...*Variable) *Node {
	out.op = op
	if t.tracing {
		out.scope = t.path()
	}
	for _, x := range in {
		x.uses++
		out.needsGrad = out.needsGrad || x.needsGrad
	}
	n := &t.idle
	if out.needsGrad = out.needsGrad && t.noGrad == 0; out.needsGrad {
		n = t.node()
		t.noteLeaves(in)
	}
	n.op, n.out, n.backward = op, out, backward
	n.in = append(n.in[:0], in...)
	n.saved = [4]*tensor.Tensor{}
	if t.onValue != nil {
		t.onValue(out)
	}
	return n
}

// noteLeaves adds the parameters among vs to t.leaves, each once.
func (t *Tape) noteLeaves(vs []*Variable) {
	for _, v := range vs {
		if v.op == "" && v.needsGrad && (v.tape != t || v.pass != t.pass) {
			v.tape, v.pass = t, t.pass
			t.leaves = append(t.leaves, v)
		}
	}
}

func (t *Tape) node() *Node {
	if t.used == len(t.nodes) {
		t.nodes = append(t.nodes, new(Node))
	}
	t.used++
	return t.nodes[t.used-1]
}

// x returns the value of input i.
func (n *Node) x(i int) *tensor.Tensor { return n.in[i].Value }

// y returns the value of the output.
func (n *Node) y() *tensor.Tensor { return n.out.Value }

// dy returns the gradient of the output.
func (n *Node) dy() *tensor.Tensor { return n.out.grad }

// checkDType panics unless all operands of op have the same type.
func checkDType(op string, vs ...*Variable) {
	for _, v := range vs[1:] {
		if v.Value.DType() != vs[0].Value.DType() {
			panic(fmt.Sprintf("autograd: %s: %v and %v operands", op, vs[0].Value.DType(), v.Value.DType()))
		}
	}
}
