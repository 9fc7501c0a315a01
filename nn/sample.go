package nn

import (
	"fmt"
	"math"
	"slices"

	"inkstone/kernels"
	"inkstone/tensor"
)

// Sampling says how the next token is chosen from a model's scores. The zero value is
// greedy: always the most likely token.
type Sampling struct {
	Temperature float64 // divides the logits; 0 is greedy
	TopK        int     // keep only the k most likely tokens; 0 keeps all
	TopP        float64 // keep the fewest tokens whose probabilities sum to p (Holtzman et al. 2020); 0 or 1 keeps all
	MinP        float64 // drop tokens less likely than p times the most likely (Nguyen et al. 2024)
	Repetition  float64 // divide positive and multiply negative logits of tokens already seen (Keskar et al. 2019); 0 or 1 is off
}

// Validate reports settings that make no sense.
func (s Sampling) Validate() error {
	switch {
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 1):
		return fmt.Errorf("nn: temperature is %v, want 0 or more", s.Temperature)
	case s.TopK < 0:
		return fmt.Errorf("nn: top-k is %d, want 0 or more", s.TopK)
	case !(s.TopP >= 0 && s.TopP <= 1):
		return fmt.Errorf("nn: top-p is %v, want 0 to 1", s.TopP)
	case !(s.MinP >= 0 && s.MinP <= 1):
		return fmt.Errorf("nn: min-p is %v, want 0 to 1", s.MinP)
	case !(s.Repetition >= 0) || math.IsInf(s.Repetition, 1):
		return fmt.Errorf("nn: repetition penalty is %v, want 0 or more", s.Repetition)
	}
	return nil
}

// A Sampler draws tokens. It keeps its working memory, so that drawing allocates nothing.
type Sampler struct {
	s     Sampling
	rng   *tensor.RNG
	order []candidate
	probs []float32
}

type candidate struct {
	id     int32
	weight float64 // logit, then unnormalised probability
}

// NewSampler returns a sampler that draws from a random stream.
func NewSampler(s Sampling, stream tensor.Stream) *Sampler {
	return &Sampler{s: s, rng: tensor.NewRNG(stream)}
}

// Next draws the next token from logits [V]. seen holds the tokens so far, for the
// repetition penalty. Tokens whose logit is −Inf or NaN are never drawn.
func (p *Sampler) Next(logits []float32, seen []int32) int32 {
	if p.s == (Sampling{Temperature: p.s.Temperature}) && p.s.Temperature > 0 {
		if id, ok := p.drawAny(logits); ok {
			return id
		}
	}
	p.order = p.order[:0]
	for id, l := range logits {
		if l > float32(math.Inf(-1)) {
			p.order = append(p.order, candidate{int32(id), float64(l)})
		}
	}
	if len(p.order) == 0 {
		return 0
	}
	p.penalise(len(logits), seen)
	if p.s.Temperature == 0 {
		return slices.MaxFunc(p.order, byWeight).id
	}
	p.cut()
	return p.draw()
}

func byWeight(a, b candidate) int {
	switch {
	case a.weight < b.weight:
		return -1
	case a.weight > b.weight:
		return 1
	}
	return int(b.id) - int(a.id) // of equals the lower id counts as larger
}

// penalise makes tokens already seen less likely.
func (p *Sampler) penalise(vocab int, seen []int32) {
	r := p.s.Repetition
	if r == 0 || r == 1 {
		return
	}
	for i, id := range seen {
		if slices.Contains(seen[:i], id) {
			continue
		}
		at, ok := slices.BinarySearchFunc(p.order, id, func(c candidate, id int32) int { return int(c.id) - int(id) })
		if !ok {
			continue
		}
		if c := &p.order[at]; c.weight > 0 {
			c.weight /= r
		} else {
			c.weight *= r
		}
	}
}

// cut turns logits into probabilities and drops the candidates that top-k, top-p and min-p
// exclude.
func (p *Sampler) cut() {
	top := slices.MaxFunc(p.order, byWeight).weight
	for i := range p.order {
		p.order[i].weight = math.Exp((p.order[i].weight - top) / p.s.Temperature)
	}
	if p.s.MinP > 0 {
		p.order = slices.DeleteFunc(p.order, func(c candidate) bool { return c.weight < p.s.MinP })
	}
	topP := p.s.TopP > 0 && p.s.TopP < 1
	if !topP && (p.s.TopK == 0 || p.s.TopK >= len(p.order)) {
		return
	}
	slices.SortFunc(p.order, func(a, b candidate) int { return byWeight(b, a) })
	if k := p.s.TopK; k > 0 && k < len(p.order) {
		p.order = p.order[:k]
	}
	if topP {
		total, sum := 0.0, 0.0
		for _, c := range p.order {
			total += c.weight
		}
		for i, c := range p.order {
			if sum += c.weight; sum >= p.s.TopP*total {
				p.order = p.order[:i+1]
				break
			}
		}
	}
}

// drawAny draws among all tokens, without the trouble of choosing candidates. It fails where
// a logit is not finite.
func (p *Sampler) drawAny(logits []float32) (id int32, ok bool) {
	if cap(p.probs) < len(logits) {
		p.probs = make([]float32, len(logits))
	}
	probs := p.probs[:len(logits)]
	copy(probs, logits)
	kernels.Scale(probs, float32(1/p.s.Temperature))
	kernels.Softmax(probs, probs, 1, len(probs))
	total := kernels.Sum(probs)
	if !(total > 0.5 && total < 1.5) {
		return 0, false
	}
	u := p.rng.Float64() * float64(total)
	for i, w := range probs {
		if u -= float64(w); u < 0 {
			return int32(i), true
		}
	}
	return int32(slices.Index(probs, slices.Max(probs))), true // u was the very end
}

// draw picks a candidate with probability proportional to its weight.
func (p *Sampler) draw() int32 {
	total := 0.0
	for _, c := range p.order {
		total += c.weight
	}
	u := p.rng.Float64() * total
	for _, c := range p.order {
		if u -= c.weight; u < 0 {
			return c.id
		}
	}
	return p.order[len(p.order)-1].id
}
