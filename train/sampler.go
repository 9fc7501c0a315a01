package train

import (
	"fmt"
	"math/bits"

	"inkstone/tensor"
)

// A Sampler cuts a range of tokens into training examples: windows of T+1 tokens, of which
// the first T are the input and the last T, one further on, what is to be predicted.
//
// What a step trains on is a function of the seed and the step number alone, so a run that
// is resumed needs to know nothing else. Example k = step·B + row belongs to epoch
// k / Windows. Every epoch moves the grid of windows by a random offset below T or so, so
// that over the epochs texts are cut at other places, and visits each window exactly once,
// in a random order.
type Sampler struct {
	shards  *Shards
	lo, hi  int // range of tokens
	context int // T
	windows int // in an epoch
	stream  tensor.Stream
	scratch []int32
}

// NewSampler returns a sampler of windows of context+1 tokens from the positions lo ≤ i <
// hi of the shards. It is an error if not even one fits.
func NewSampler(shards *Shards, lo, hi, context int, seed uint64) (*Sampler, error) {
	switch {
	case lo < 0 || hi > shards.Len() || lo > hi:
		panic(fmt.Sprintf("train: NewSampler: tokens %d to %d of %d", lo, hi, shards.Len()))
	case context < 1:
		return nil, fmt.Errorf("train: context of %d tokens, want at least 1", context)
	case hi-lo <= context:
		return nil, fmt.Errorf("train: a context of %d tokens needs %d tokens of data, there are %d; use a shorter context or more text",
			context, context+1, hi-lo)
	}
	return &Sampler{
		shards: shards, lo: lo, hi: hi, context: context,
		windows: max(1, (hi-lo-1)/context-1), // one less than fit, to leave room for the offset
		stream:  tensor.NewStream(seed, "data order", 0),
		scratch: make([]int32, context+1),
	}, nil
}

// Split returns the position that parts the shards for training, before it, and for
// evaluation, from it on: the last fraction of the tokens.
func (s *Shards) Split(fraction float64) int {
	return s.count - min(s.count, max(0, int(float64(s.count)*fraction)))
}

// Context returns the number of tokens T of an example's input.
func (s *Sampler) Context() int { return s.context }

// Windows returns the number of examples in an epoch.
func (s *Sampler) Windows() int { return s.windows }

// Fill writes the examples of a step to ids and targets, both [B, T]. Steps that are
// accumulated count one by one. It must not be called by two goroutines at once.
func (s *Sampler) Fill(ids, targets []int32, step, batch int) error {
	s.check(ids, targets, batch)
	for row := range batch {
		example := step*batch + row
		epoch, index := example/s.windows, example%s.windows
		slack := s.hi - s.lo - 1 - s.windows*s.context
		at := s.lo + int(s.draw(uint64(epoch), offsetRound, 0)%uint64(slack+1)) + s.permute(epoch, index)*s.context
		if err := s.window(ids, targets, row, at); err != nil {
			return err
		}
	}
	return nil
}

// Sequential writes windows first, first+1, … of the range in their own order, without
// overlap and without offset, and returns how many there were, 0 at the end of the range.
// Rows that are left over get targets of −1, which count for nothing. It serves evaluation.
func (s *Sampler) Sequential(ids, targets []int32, first, batch int) (n int, err error) {
	s.check(ids, targets, batch)
	n = max(0, min(batch, (s.hi-s.lo-1)/s.context-first))
	for row := range n {
		if err := s.window(ids, targets, row, s.lo+(first+row)*s.context); err != nil {
			return 0, err
		}
	}
	clear(ids[n*s.context:])
	for i := n * s.context; i < len(targets); i++ {
		targets[i] = -1
	}
	return n, nil
}

func (s *Sampler) check(ids, targets []int32, batch int) {
	if len(ids) != batch*s.context || len(targets) != len(ids) {
		panic(fmt.Sprintf("train: Sampler: %d ids and %d targets for %d windows of %d tokens", len(ids), len(targets), batch, s.context))
	}
}

// window copies the example at a position to a row of the batch.
func (s *Sampler) window(ids, targets []int32, row, at int) error {
	if err := s.shards.Read(s.scratch, at); err != nil {
		return err
	}
	copy(ids[row*s.context:], s.scratch[:s.context])
	copy(targets[row*s.context:], s.scratch[1:])
	return nil
}

// The rounds of a Feistel network that mixes well at any size; one more number of the
// stream gives the offset of the grid.
const (
	feistelRounds = 6
	offsetRound   = feistelRounds
)

// draw returns random bits that depend on the epoch, the round and x.
func (s *Sampler) draw(epoch uint64, round int, x uint64) uint64 {
	block := s.stream.At(epoch<<35 | uint64(round)<<32 | x)
	return uint64(block[0]) | uint64(block[1])<<32
}

// permute returns where an epoch's random order puts window i. No table is kept: a Feistel
// network (Luby and Rackoff 1988, "How to construct pseudorandom permutations from
// pseudorandom functions") permutes the numbers of 2·half bits, of which there are fewer
// than four times as many as windows; those that are no window are sent through it again
// until they are.
func (s *Sampler) permute(epoch, i int) int {
	half := (bits.Len64(uint64(s.windows-1)) + 1) / 2
	mask := uint64(1)<<half - 1
	x := uint64(i)
	for {
		left, right := x>>half, x&mask
		for round := range feistelRounds {
			left, right = right, left^s.draw(uint64(epoch), round, right)&mask
		}
		if x = left<<half | right; x < uint64(s.windows) {
			return int(x)
		}
	}
}
