package train

import (
	"fmt"
	"sync"

	"inkstone/kernels"
	"inkstone/tensor"
)

// A Group is what data-parallel training asks of the devices, or processes, that share a step:
// the few calls of MPI and NCCL that it needs, under their names. Every member, called a rank,
// has the whole model, computes the gradients of a part of the batch, and takes the same optimiser
// step with the sum of them all (Li et al. 2020, "PyTorch Distributed").
type Group interface {
	Rank() int // of this member, from 0
	Size() int // how many there are
	// AllReduce replaces each tensor by its sum over all ranks, which call it with tensors of the
	// same shapes and types. The sum is the same bits on every rank.
	AllReduce(xs []*tensor.Tensor) error
	// Abort makes AllReduce return err, on all ranks and from now on: a rank that cannot go on
	// calls it, for the others wait for it.
	Abort(err error)
}

// NewLocalGroup returns the ranks of a group inside this process, each for a goroutine of its own.
// They exchange through the host's memory, and add up in the order of ranks.
func NewLocalGroup(size int) []Group {
	m := &meeting{size: size, offers: make([][]*tensor.Tensor, size)}
	m.moved = sync.NewCond(&m.mu)
	ranks := make([]Group, size)
	for i := range ranks {
		ranks[i] = &localRank{m, i}
	}
	return ranks
}

// meeting is where the ranks of a local group meet.
type meeting struct {
	size   int
	offers [][]*tensor.Tensor // what each rank brings

	mu      sync.Mutex
	moved   *sync.Cond
	waiting int // ranks that are here
	round   int // how often all have met
	err     error
}

// meet waits until all ranks are here, or one has given up.
func (m *meeting) meet() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	round := m.round
	if m.waiting++; m.waiting == m.size {
		m.waiting = 0
		m.round++
		m.moved.Broadcast()
	}
	for m.round == round && m.err == nil {
		m.moved.Wait()
	}
	return m.err
}

// failed returns why a rank has given up, or nil.
func (m *meeting) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// localRank is a member of a local group.
type localRank struct {
	*meeting
	rank int
}

func (r *localRank) Rank() int { return r.rank }
func (r *localRank) Size() int { return r.size }

func (r *localRank) Abort(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.moved.Broadcast()
}

// AllReduce works as Group says. Each rank adds up its share of every tensor, and writes the sum
// to all ranks: a tensor of n numbers is read and written n times by the host, whatever the size
// of the group, but for the ranks working side by side.
func (r *localRank) AllReduce(xs []*tensor.Tensor) error {
	if err := r.failed(); err != nil {
		return err // another rank may still be looking at what this one offered
	}
	for _, x := range xs {
		onHost(x) // on this goroutine: a device is for one at a time
	}
	r.offers[r.rank] = xs
	if err := r.meet(); err != nil {
		return err
	}
	for i, x := range xs {
		var err error
		switch x.DType() {
		case tensor.Float32:
			err = addShares[float32](r, i)
		case tensor.Float64:
			err = addShares[float64](r, i)
		default:
			err = fmt.Errorf("train: AllReduce of %v", x.DType())
		}
		if err != nil {
			r.Abort(err)
			return err
		}
	}
	return r.meet() // nobody goes on with a sum that is not whole
}

// onHost brings a tensor's contents to the host's memory, and makes them the newest there.
func onHost(x *tensor.Tensor) {
	switch x.DType() {
	case tensor.Float32:
		tensor.Data[float32](x)
	case tensor.Float64:
		tensor.Data[float64](x)
	}
}

// addShares adds up this rank's share of tensor i.
func addShares[T float32 | float64](r *localRank, i int) error {
	first := r.offers[0][i]
	for rank, xs := range r.offers {
		if len(xs) != len(r.offers[0]) || xs[i].DType() != first.DType() || !tensor.SameShape(xs[i], first) {
			return fmt.Errorf("train: AllReduce: rank %d has another tensor %d than rank 0", rank, i)
		}
	}
	lo, hi := first.Len()*r.rank/r.size, first.Len()*(r.rank+1)/r.size
	sum := tensor.Data[T](first)[lo:hi]
	for _, xs := range r.offers[1:] {
		kernels.Add(sum, sum, tensor.Data[T](xs[i])[lo:hi])
	}
	for _, xs := range r.offers[1:] {
		copy(tensor.Data[T](xs[i])[lo:hi], sum)
	}
	return nil
}

// Replicas is a Learner that takes each step on several devices at once, each with a trainer of
// its own copy of the model.
type Replicas struct{ trainers []*Trainer }

// NewReplicas joins trainers that begin with the same weights and have the same settings. Each
// takes its share of a step's micro-batches, of which there must be as many for each.
func NewReplicas(trainers []*Trainer) (*Replicas, error) {
	size := len(trainers)
	for i, g := range NewLocalGroup(size) {
		if n := max(trainers[i].Accumulate, 1); n%size != 0 {
			return nil, fmt.Errorf("train: %d micro-batches a step, for %d devices: want a multiple (--accumulate %d)", n, size, (n/size+1)*size)
		}
		trainers[i].Group = g
	}
	return &Replicas{trainers}, nil
}

// replicate makes n trainers and joins them; one alone is a Learner itself.
func replicate(n int, make func(i int) (*Trainer, error)) (Learner, error) {
	var all []*Trainer
	for i := range n {
		t, err := make(i)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	if n == 1 {
		return all[0], nil
	}
	return NewReplicas(all)
}

// Step works as Learner says.
func (r *Replicas) Step(step int) (Stats, error) {
	stats, errs := make([]Stats, len(r.trainers)), make([]error, len(r.trainers))
	var all sync.WaitGroup
	for i, t := range r.trainers {
		all.Go(func() { stats[i], errs[i] = t.Step(step) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return stats[0], err
		}
	}
	return stats[0], nil
}

// Save writes the first one's state: the others' is the same.
func (r *Replicas) Save(dir string) error { return r.trainers[0].Save(dir) }

// Load takes up what Save wrote, on all devices.
func (r *Replicas) Load(dir string) error {
	for _, t := range r.trainers {
		if err := t.Load(dir); err != nil {
			return err
		}
	}
	return nil
}
