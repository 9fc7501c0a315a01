package autograd

import "inkstone/tensor"

// randomState is where a tape stands in its stream of random numbers.
type randomState struct {
	stream tensor.Stream
	offset uint64
}

// Seed sets the random numbers of the next pass: those of (seed, step). The same seed and
// step drop out the same elements, on any machine and after any resume.
func (t *Tape) Seed(seed uint64, step int) {
	t.random = randomState{stream: tensor.NewStream(seed, "dropout", step)}
}

// Dropout sets each element to 0 with probability p and divides the others by 1−p
// (Srivastava et al. 2014) while the tape trains, and returns x otherwise. Kept: nothing; the backward draws the same numbers again.
func (t *Tape) Dropout(x *Variable, p float64) *Variable {
	if p == 0 || !t.train {
		return x
	}
	x = t.Contiguous(x)
	y := t.like(x)
	at := t.random
	t.random.offset += uint64(x.Value.Len()+3) / 4
	t.backend.Dropout(y.Value, x.Value, at.stream, at.offset, 1-p)
	n := t.record("Dropout", y, func(t *Tape, n *Node) {
		t.backend.Dropout(n.write(t, 0), n.dy(), n.random.stream, n.random.offset, 1-n.floats[0])
	}, x)
	n.random, n.floats[0] = at, p
	return y
}
