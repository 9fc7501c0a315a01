package nn

import (
	"fmt"
	"math"

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
// What looks at the whole vocabulary is a kernel or one comparison a token, and nothing is sorted.
type Sampler struct {
	s     Sampling
	rng   *tensor.RNG
	order []candidate // by id
	work  []candidate // see last
	probs []float32
	mine  []float32 // logits as the repetition penalty changes them
	mark  []bool    // tokens that it has changed
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
	if p.repeats() {
		logits = p.penalise(logits, seen, p.s.Repetition)
	}
	best := likeliest(logits)
	if p.s.Temperature == 0 || !(math.Abs(float64(logits[best])) <= math.MaxFloat32) {
		return best // where that is infinite there is nothing to draw from
	}
	if p.s.TopK == 0 && p.s.MinP == 0 && !p.topP() {
		if id, ok := p.drawAny(logits); ok {
			return id
		}
	}
	p.choose(logits, float64(logits[best]))
	return p.draw()
}

// topP reports whether top-p drops any token.
func (p *Sampler) topP() bool { return p.s.TopP > 0 && p.s.TopP < 1 }

// likeliest returns the first of the largest logits, or 0 if there is no number above −Inf.
func likeliest(logits []float32) int32 {
	at := kernels.ArgMax(logits)
	if logits[at] == logits[at] {
		return int32(at)
	}
	at = 0 // of numbers among NaNs
	largest := float32(math.Inf(-1))
	for id, l := range logits {
		if l > largest {
			at, largest = id, l
		}
	}
	return int32(at)
}

// penalise returns logits that make tokens already seen less likely.
func (p *Sampler) penalise(logits []float32, seen []int32, r float64) []float32 {
	p.mine = append(p.mine[:0], logits...)
	if len(p.mark) < len(logits) {
		p.mark = make([]bool, len(logits))
	}
	for _, id := range seen {
		if int(id) >= len(logits) || p.mark[id] {
			continue
		}
		p.mark[id] = true
		if l := float64(logits[id]); l > 0 {
			p.mine[id] = float32(l / r)
		} else {
			p.mine[id] = float32(l * r)
		}
	}
	for _, id := range seen {
		if int(id) < len(logits) {
			p.mark[id] = false
		}
	}
	return p.mine
}

// softmax returns the probabilities of all tokens.
func (p *Sampler) softmax(logits []float32) []float32 {
	if cap(p.probs) < len(logits) {
		p.probs = make([]float32, len(logits))
	}
	probs := p.probs[:len(logits)]
	copy(probs, logits)
	kernels.Scale(probs, float32(1/p.s.Temperature))
	kernels.Softmax(probs, probs, 1, len(probs))
	return probs
}

// drawBlock is how many probabilities drawAny sums up before it looks at each.
const drawBlock = 256

// drawAny draws among all tokens, without the trouble of choosing candidates. It fails where
// a logit is not finite.
func (p *Sampler) drawAny(logits []float32) (id int32, ok bool) {
	probs := p.softmax(logits)
	total := kernels.Sum(probs)
	if !(total > 0.5 && total < 1.5) {
		return 0, false
	}
	u := p.rng.Float64() * float64(total)
	for from := 0; from < len(probs); from += drawBlock {
		block := probs[from:min(from+drawBlock, len(probs))]
		if sum := float64(kernels.Sum(block)); u >= sum {
			u -= sum
			continue
		}
		for i, w := range block {
			if u -= float64(w); u < 0 {
				return int32(from + i), true
			}
		}
	}
	return likeliest(probs), true // u was the very end
}

// draw picks a candidate, in the order of ids, with probability proportional to its weight.
func (p *Sampler) draw() int32 {
	u := p.rng.Float64() * p.sum()
	for _, c := range p.order {
		if u -= c.weight; u < 0 {
			return c.id
		}
	}
	return p.order[len(p.order)-1].id
}
