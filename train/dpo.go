package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// DPOConfig says what determines the outcome of direct preference optimisation; it is what
// run.json records.
type DPOConfig struct {
	Loss string  `json:"loss"` // "dpo" or "ipo"
	Beta float64 `json:"beta"` // how much straying from the reference costs; τ of ipo
	FineTuneConfig
}

// Validate reports the first setting that makes no sense.
func (c DPOConfig) Validate() error {
	if c.Loss != "dpo" && c.Loss != "ipo" {
		return fmt.Errorf("dpo: unknown loss %q, want dpo or ipo", c.Loss)
	}
	if !(c.Beta > 0 && c.Beta < math.Inf(1)) {
		return fmt.Errorf("dpo: beta is %v, want more than 0", c.Beta)
	}
	if err := c.FineTuneConfig.Validate(); err != nil {
		return fmt.Errorf("dpo: %w", err)
	}
	return nil
}

// A DPO makes a language model prefer what people preferred, without a reward model and without
// letting it write: see DPOLoss and IPOLoss. The reference is the policy as it stands when Run
// begins; what it thinks of the answers is computed once and kept. A run that is resumed must
// be given the same model to begin from.
//
// Beside the loss, metrics.jsonl gets for each step, over the pairs of its batch, how often the
// policy's implicit reward β·log π/π_ref is higher for the better answer ("accuracy") and by
// how much ("margin"), and how far the policy has moved ("kl"): nats a token by the estimator
// k3, r − 1 − log r with r = π/π_ref, on the tokens of the data, which is the divergence
// KL(π_ref‖π) if they are the reference's own.
type DPO struct {
	Config DPOConfig
	Policy nn.Model // all of it learns; of an nn.LoRA the adapters
	PreferenceRun
}

// A DPOResult is how direct preference optimisation ended.
type DPOResult struct {
	PreferenceResult         // Heldout judges by the implicit reward
	KL               float64 // on the held-out answers, nats a token
}

// Run trains until the last step or until ctx ends.
func (d *DPO) Run(ctx context.Context, backend tensor.Backend) (result DPOResult, err error) {
	if err := d.Config.Validate(); err != nil {
		return result, err
	}
	learn, test, err := d.split(d.Policy.Config(), d.Config.Heldout)
	if err != nil {
		return result, err
	}
	d.Say("What the model thinks of the %d rankings before it learns from them.", len(d.Rankings))
	reference, err := AnswerLogProbs(d.Policy, backend, learn, d.Config.Batch)
	if err != nil {
		return result, err
	}
	before, err := AnswerLogProbs(d.Policy, backend, test, d.Config.Batch)
	if err != nil {
		return result, err
	}
	batcher := &Batcher{}
	method := preferenceMethod{
		config: d.Config, model: d.Policy,
		loss: func(t *autograd.Tape, ids []int, figures map[string]float64) (*autograd.Variable, int) {
			rankings, sizes := pick(learn, ids)
			batch := batcher.Batch(examplesOf(rankings))
			logp := batch.LogProbs(t, d.Policy)                   // [N, T]
			policy := t.Reshape(t.Sum(logp, 1), batch.IDs.Dim(0)) // [N]
			kept := make([][][]float64, len(ids))
			for i, id := range ids {
				kept[i] = reference[id]
			}
			d.note(answersOf(logp.Value, rankings), kept, figures)
			ref := constant(t, policy, sums(kept), batch.IDs.Dim(0)).Value
			if d.Config.Loss == "ipo" {
				return IPOLoss(t, policy, ref, d.Config.Beta, sizes), batch.IDs.Len()
			}
			return DPOLoss(t, policy, ref, d.Config.Beta, sizes), batch.IDs.Len()
		},
		finish: func() ([][]float64, error) {
			after, err := AnswerLogProbs(d.Policy, backend, test, d.Config.Batch)
			if err != nil {
				return nil, err
			}
			result.KL = k3(after, before)
			return d.rewards(after, before), nil
		},
	}
	result.PreferenceResult, err = d.run(ctx, backend, d.Config.FineTuneConfig, learn, test, method)
	return result, err
}

// AnswerLogProbs returns the log-probability that a model gives to each token of each answer of
// each ranking, batch rankings at a time.
func AnswerLogProbs(m nn.Model, backend tensor.Backend, rankings []Ranking, batch int) (all [][][]float64, err error) {
	t := autograd.NewTape(backend)
	t.SetGrad(false)
	batcher := &Batcher{}
	inBatches(len(rankings), batch, func(ids []int) {
		t.Reset()
		some, _ := pick(rankings, ids)
		logp := batcher.Batch(examplesOf(some)).LogProbs(t, m).Value
		if !backend.AllFinite(logp) {
			err = errors.New("train: the model's probabilities of the answers are not finite")
		}
		all = append(all, answersOf(logp, some)...)
	})
	return all, err
}

// examplesOf returns each answer behind its prompt; the answer's tokens count.
func examplesOf(rankings []Ranking) (examples []Example) {
	for _, r := range rankings {
		for _, ids := range r.sequences() {
			e := Example{IDs: ids, Weights: make([]float32, len(ids))}
			for i := len(r.Prompt); i < len(ids); i++ {
				e.Weights[i] = 1
			}
			examples = append(examples, e)
		}
	}
	return examples
}

// answersOf takes the numbers of the answers' tokens out of x [N, T], which has one for each
// target: token i of a sequence is target i−1.
func answersOf(x *tensor.Tensor, rankings []Ranking) (all [][][]float64) {
	row := 0
	for _, r := range rankings {
		answers := make([][]float64, len(r.Answers))
		for k, a := range r.Answers {
			for i := range a {
				answers[k] = append(answers[k], x.At(row, len(r.Prompt)-1+i))
			}
			row++
		}
		all = append(all, answers)
	}
	return all
}

// rewards returns the implicit reward β·log π/π_ref of each answer, from both models'
// log-probabilities of its tokens.
func (d *DPO) rewards(policy, reference [][][]float64) [][]float64 {
	all := make([][]float64, len(policy))
	for i := range policy {
		p, r := sums(policy[i:i+1]), sums(reference[i:i+1])
		for k := range p {
			all[i] = append(all[i], d.Config.Beta*(p[k]-r[k]))
		}
	}
	return all
}

// note adds a batch's figures.
func (d *DPO) note(policy, reference [][][]float64, figures map[string]float64) {
	accuracy, margin := agreement(d.rewards(policy, reference))
	figures["accuracy"] += accuracy
	figures["margin"] += margin
	figures["kl"] += k3(policy, reference)
}

// k3 estimates the divergence of two models from their log-probabilities of the tokens of
// answers, in nats a token (Schulman 2020, "Approximating KL divergence").
func k3(policy, reference [][][]float64) float64 {
	sum, n := 0.0, 0.0
	for i, answers := range policy {
		for k, tokens := range answers {
			for j, p := range tokens {
				log := p - reference[i][k][j]
				sum += math.Expm1(log) - log
				n++
			}
		}
	}
	return sum / n
}

// sums returns the log-probability of each answer, one ranking's after the other's.
func sums(logp [][][]float64) (all []float64) {
	for _, answers := range logp {
		for _, tokens := range answers {
			sum := 0.0
			for _, x := range tokens {
				sum += x
			}
			all = append(all, sum)
		}
	}
	return all
}
