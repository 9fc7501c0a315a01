package train

import (
	"fmt"
	"math"
	"slices"

	"inkstone/autograd"
	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// AdamWConfig holds the settings of the optimiser that stay the same for a whole run.
type AdamWConfig struct {
	Beta1       float64 `json:"beta1"`        // decay of the gradient's running mean
	Beta2       float64 `json:"beta2"`        // decay of its square's
	Eps         float64 `json:"eps"`          // keeps the division finite
	WeightDecay float64 `json:"weight_decay"` // decoupled; for parameters of two and more dimensions
	ClipNorm    float64 `json:"clip_norm"`    // longest gradient; 0 for no limit
}

// DefaultAdamW returns the settings GPT-3 was trained with (Brown et al. 2020, appendix B).
func DefaultAdamW() AdamWConfig {
	return AdamWConfig{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, ClipNorm: 1}
}

// Validate reports the first setting that makes no sense.
func (c AdamWConfig) Validate() error {
	switch {
	case !(c.Beta1 >= 0 && c.Beta1 < 1):
		return fmt.Errorf("optimizer: beta1 is %v, want 0 or more and less than 1", c.Beta1)
	case !(c.Beta2 >= 0 && c.Beta2 < 1):
		return fmt.Errorf("optimizer: beta2 is %v, want 0 or more and less than 1", c.Beta2)
	case !(c.Eps > 0 && c.Eps < 1):
		return fmt.Errorf("optimizer: eps is %v, want more than 0 and less than 1", c.Eps)
	case !(c.WeightDecay >= 0 && c.WeightDecay < math.Inf(1)):
		return fmt.Errorf("optimizer: weight decay is %v, want 0 or more", c.WeightDecay)
	case !(c.ClipNorm >= 0 && c.ClipNorm < math.Inf(1)):
		return fmt.Errorf("optimizer: clip norm is %v, want 0 or more", c.ClipNorm)
	}
	return nil
}

// An Optimizer changes parameters by AdamW (Loshchilov and Hutter 2019, "Decoupled weight
// decay regularization", algorithm 2; see tensor.AdamW), with gradients clipped by their
// global norm (Pascanu et al. 2013, "On the difficulty of training recurrent neural
// networks", algorithm 1).
//
// Weight decay pulls matrices and embeddings towards 0, and leaves alone what has fewer
// than two dimensions: biases and the gains of norms.
type Optimizer struct {
	config AdamWConfig
	params []*autograd.Variable
	names  []string         // under which their state is saved
	m, v   []*tensor.Tensor // running means of the gradient and of its square
	steps  int              // taken
	count  *tensor.Tensor   // steps, as State saves it
	grads  []*tensor.Tensor // scratch: the gradients there are
	norms  []float64        // scratch: their squared norms
}

// NewOptimizer returns an optimiser for those of the parameters that need gradients, with
// its state at 0. The state of each is saved under its name; of several with one name, as a
// policy and its value function have them, the second's gets the suffix ".2", and so on.
func NewOptimizer(params []*autograd.Variable, config AdamWConfig) *Optimizer {
	o := &Optimizer{config: config, count: tensor.New(tensor.Int32, 1)}
	seen := make(map[string]int)
	for _, p := range params {
		if !p.NeedsGrad() {
			continue
		}
		name := p.Name
		if seen[p.Name]++; seen[p.Name] > 1 {
			name = fmt.Sprintf("%s.%d", p.Name, seen[p.Name])
		}
		o.names = append(o.names, name)
		o.params = append(o.params, p)
		o.m = append(o.m, tensor.New(p.Value.DType(), p.Shape()...))
		o.v = append(o.v, tensor.New(p.Value.DType(), p.Shape()...))
	}
	o.norms = make([]float64, len(o.params))
	o.grads = make([]*tensor.Tensor, 0, len(o.params))
	return o
}

// Parameters returns the parameters that the optimiser changes.
func (o *Optimizer) Parameters() []*autograd.Variable { return o.params }

// ZeroGrad forgets the gradients of all of them.
func (o *Optimizer) ZeroGrad() {
	for _, p := range o.params {
		p.ZeroGrad()
	}
}

// Steps returns the number of steps taken, over all resumptions.
func (o *Optimizer) Steps() int { return o.steps }

// Step changes every parameter that has a gradient, with learning rate lr, and returns the
// norm of all gradients together, before clipping. The gradients stay as they are.
//
// If a gradient holds a NaN or an infinity, nothing is changed and the error names the
// first parameter that has one. Nothing is changed either if something is wrong with the
// backend's device.
func (o *Optimizer) Step(b tensor.Backend, lr float64) (norm float64, err error) {
	o.grads = o.grads[:0]
	for _, p := range o.params {
		if g := p.Grad(); g != nil {
			o.grads = append(o.grads, g)
		}
	}
	o.norms = o.norms[:len(o.grads)]
	b.SquaredNorms(o.norms, o.grads)
	if err := b.Err(); err != nil {
		return 0, fmt.Errorf("train: step %d: %w", o.steps+1, err)
	}
	sum := 0.0
	for _, n := range o.norms {
		sum += n
	}
	norm = math.Sqrt(sum)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm, o.notFinite(lr)
	}
	step := tensor.AdamW{
		LR: lr, Beta1: o.config.Beta1, Beta2: o.config.Beta2, Eps: o.config.Eps,
		Step: o.steps + 1, GradScale: 1,
	}
	if o.config.ClipNorm > 0 { // the small constant is PyTorch's
		step.GradScale = min(1, o.config.ClipNorm/(norm+1e-6))
	}
	for i, p := range o.params {
		g := p.Grad()
		if g == nil {
			continue
		}
		step.WeightDecay = 0
		if p.Value.NDim() >= 2 {
			step.WeightDecay = o.config.WeightDecay
		}
		b.AdamW(p.Value, g, o.m[i], o.v[i], step)
	}
	o.steps++
	return norm, nil
}

// notFinite names the first gradient that spoils the norm.
func (o *Optimizer) notFinite(lr float64) error {
	i := 0
	for _, p := range o.params {
		if p.Grad() == nil {
			continue
		}
		if n := o.norms[i]; math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("train: step %d: the gradient of %q has NaN or infinity (learning rate %g; a lower one or a longer warm-up may help)",
				o.steps+1, p.Name, lr)
		}
		i++
	}
	return fmt.Errorf("train: step %d: the gradients are too large to add up", o.steps+1)
}

// The names under which the state stands in a file, before the parameter's name.
const (
	firstMoment  = "adamw.m."
	secondMoment = "adamw.v."
	stepCount    = "adamw.step"
)

// State returns the optimiser's state as tensors for a file: both moments of every
// parameter and the number of steps. They are views and valid until the next Step.
func (o *Optimizer) State() []safetensors.Named {
	tensor.Data[int32](o.count)[0] = int32(o.steps)
	state := []safetensors.Named{{Name: stepCount, Tensor: o.count}}
	for i := range o.params {
		state = append(state,
			safetensors.Named{Name: firstMoment + o.names[i], Tensor: o.m[i]},
			safetensors.Named{Name: secondMoment + o.names[i], Tensor: o.v[i]})
	}
	return state
}

// load takes up a state from a file.
func (o *Optimizer) load(path string, b tensor.Backend) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return o.LoadState(f, b)
}

// LoadState takes up a state that was saved. On an error, such as a tensor that is missing
// or has another shape, nothing is changed.
func (o *Optimizer) LoadState(f *safetensors.File, b tensor.Backend) error {
	state := o.State()
	saved := make([]*tensor.Tensor, len(state))
	for i, s := range state {
		t, err := f.Tensor(s.Name)
		if err != nil {
			return fmt.Errorf("optimizer state: %w", err)
		}
		if t.DType() != s.Tensor.DType() || !slices.Equal(t.Shape(), s.Tensor.Shape()) {
			return fmt.Errorf("optimizer state: %q is %v %v, want %v %v: it belongs to another model",
				s.Name, t.DType(), t.Shape(), s.Tensor.DType(), s.Tensor.Shape())
		}
		saved[i] = t
	}
	if n, want := len(f.Names()), len(state); n != want {
		return fmt.Errorf("optimizer state: %d tensors, want %d: it belongs to another model", n, want)
	}
	if n := tensor.Data[int32](saved[0])[0]; n < 0 {
		return fmt.Errorf("optimizer state: %d steps", n)
	}
	for i, s := range state {
		b.Copy(s.Tensor, saved[i])
	}
	o.steps = int(tensor.Data[int32](o.count)[0])
	return nil
}
