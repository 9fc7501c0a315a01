package train

import (
	"math"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
)

// preferenceLosses are all losses, as functions of scores or of a policy's log-probabilities.
func preferenceLosses(reference *tensor.Tensor) map[string]PreferenceLoss {
	return map[string]PreferenceLoss{
		"pairs":        PairLoss,
		"PlackettLuce": PlackettLuceLoss,
		"DPO": func(t *autograd.Tape, s *autograd.Variable, sizes []int) *autograd.Variable {
			return DPOLoss(t, s, reference, 0.3, sizes)
		},
		"IPO": func(t *autograd.Tape, s *autograd.Variable, sizes []int) *autograd.Variable {
			return IPOLoss(t, s, reference, 0.3, sizes)
		},
	}
}

// The losses by their formulas, on plain numbers.
func pairFormula(s []float64, sizes []int, f func(w, l float64) float64) (loss float64) {
	for _, K := range sizes {
		sum, pairs := 0.0, 0.0
		for i := range K {
			for j := i + 1; j < K; j++ {
				sum, pairs = sum+f(s[i], s[j]), pairs+1
			}
		}
		loss += sum / pairs / float64(len(sizes))
		s = s[K:]
	}
	return loss
}

func logistic(w, l float64) float64 { return math.Log(1 + math.Exp(l-w)) }

func plackettLuceFormula(s []float64, sizes []int) (loss float64) {
	for _, K := range sizes {
		for i := range K {
			sum := 0.0
			for _, x := range s[i:K] {
				sum += math.Exp(x)
			}
			loss -= math.Log(math.Exp(s[i])/sum) / float64(len(sizes))
		}
		s = s[K:]
	}
	return loss
}

// TestPreferenceLosses: values by the formulas, gradients by finite differences.
func TestPreferenceLosses(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	sizes := []int{4, 2, 3}
	scores, reference := tensor.New(tensor.Float64, 9), tensor.New(tensor.Float64, 9)
	tensor.FillNormal(scores, tensor.NewStream(1, "scores", 0), 0, 2)
	tensor.FillNormal(reference, tensor.NewStream(1, "reference", 0), 0, 2)
	s := tensor.Data[float64](scores)
	ratio := make([]float64, 9)
	for i := range ratio {
		ratio[i] = s[i] - tensor.Data[float64](reference)[i]
	}
	want := map[string]float64{
		"pairs":        pairFormula(s, sizes, logistic),
		"PlackettLuce": plackettLuceFormula(s, sizes),
		"DPO":          pairFormula(ratio, sizes, func(w, l float64) float64 { return logistic(0.3*w, 0.3*l) }),
		"IPO":          pairFormula(ratio, sizes, func(w, l float64) float64 { return math.Pow(w-l-1/0.6, 2) }),
	}
	for name, loss := range preferenceLosses(reference) {
		tape := autograd.NewTape(cpu)
		if got := loss(tape, autograd.Constant(scores), sizes).Value.Item(); math.Abs(got-want[name]) > 1e-12*want[name] {
			t.Errorf("%s: loss %v, want %v", name, got, want[name])
		}
		err := autograd.GradCheck(cpu, 1e-6, func(tape *autograd.Tape, in []*autograd.Variable) *autograd.Variable {
			return loss(tape, in[0], sizes)
		}, scores)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := pairFormula(s[:2], []int{2}, logistic)
	if b := plackettLuceFormula(s[:2], []int{2}); math.Abs(a-b) > 1e-12 {
		t.Errorf("of two answers, the pair's loss is %v and the ranking's %v", a, b)
	}
}

// TestPreferenceLossesAreFinite: scores far apart, either way, give finite losses and gradients.
func TestPreferenceLossesAreFinite(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	sizes := []int{3, 2}
	for name, loss := range preferenceLosses(tensor.New(tensor.Float32, 5)) {
		for _, far := range []float32{1000, -1000} {
			p := autograd.NewParameter("scores", tensor.FromSlice([]float32{far, 0, -far, far, -far}, 5))
			tape := autograd.NewTape(cpu)
			l := loss(tape, p, sizes)
			value := l.Value.Item()
			tape.Backward(l)
			if !finite(value) || !cpu.AllFinite(p.Grad()) {
				t.Errorf("%s: loss %v, gradient %v", name, value, p.Grad())
			}
			if wrong := far < 0; name == "pairs" && math.Abs(value) > 1e-6 != wrong {
				t.Errorf("pairs: loss %v", value)
			}
		}
	}
}

// TestPreferenceLossRefuses: sizes that do not fit the scores are a mistake of the caller's.
func TestPreferenceLossRefuses(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, loss := range preferenceLosses(tensor.New(tensor.Float32, 3)) {
		for _, sizes := range [][]int{{2}, {2, 2}, {3, 0}, {2, 1}, {}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s took sizes %v for 3 scores", name, sizes)
					}
				}()
				loss(autograd.NewTape(cpu), autograd.Constant(tensor.New(tensor.Float32, 3)), sizes)
			}()
		}
	}
}
