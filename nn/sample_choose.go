package nn

import (
	"cmp"
	"math"
	"slices"
)

// choose makes the candidates those that top-k, min-p and top-p leave, weighed by their
// unnormalised probabilities. top is the largest logit. Each of the three keeps the likeliest
// tokens and drops the rest, so that each need only look at what the one before left.
func (p *Sampler) choose(logits []float32, top float64) {
	if p.topP() && p.s.TopK == 0 && p.s.MinP == 0 {
		p.chooseTopP(logits, top)
		return
	}
	p.gather(logits, p.logit(top, p.s.MinP), p.s.TopK)
	p.weigh(top)
	if p.s.MinP > 0 {
		p.order = slices.DeleteFunc(p.order, func(c candidate) bool { return c.weight < p.s.MinP })
	}
	if p.topP() {
		p.cutTopP(p.sum())
	}
}

// nucleus is how many tokens top-p looks at first. They often reach its share.
const nucleus = 256

// chooseTopP applies top-p alone: to the likeliest tokens first, then to all but those of less
// than (1−p)/V of the total. These weigh less than 1−p together, so that top-p's share is
// reached before them.
func (p *Sampler) chooseTopP(logits []float32, top float64) {
	probs := p.softmax(logits)
	total := 1 / float64(probs[likeliest(probs)]) // the weight of the likeliest is 1
	if total >= 1 {
		p.gather(logits, -math.MaxFloat32, nucleus)
		p.weigh(top)
		if p.cutTopP(total) {
			return
		}
		p.gather(logits, p.logit(top, total*(1-p.s.TopP)/float64(len(logits))), 0)
		p.weigh(top)
	} else { // where there are NaNs or infinities the sum is none
		p.gather(logits, -math.MaxFloat32, 0)
		p.weigh(top)
		total = p.sum()
	}
	p.cutTopP(total)
}

// logit returns a logit that every token of at least a weight has.
func (p *Sampler) logit(top, weight float64) float32 {
	l := top + p.s.Temperature*math.Log(weight)
	l -= 1e-6 * (math.Abs(l) + math.Abs(top) + 1) // more than rounding can be
	return max(float32(l), -math.MaxFloat32)
}

// sum returns the sum of the candidates' weights.
func (p *Sampler) sum() float64 {
	sum := 0.0
	for _, c := range p.order {
		sum += c.weight
	}
	return sum
}

// weigh turns the candidates' logits into weights.
func (p *Sampler) weigh(top float64) {
	for i := range p.order {
		p.order[i].weight = math.Exp((p.order[i].weight - top) / p.s.Temperature)
	}
}

// cutTopP drops the candidates behind the likeliest ones that reach top-p's share of the total. It
// reports whether any do.
func (p *Sampler) cutTopP(total float64) bool {
	last, ok := p.last(p.s.TopP*total, func(c candidate) float64 { return c.weight })
	if ok {
		p.dropBehind(last)
	}
	return ok
}

// dropBehind drops the candidates that are less likely than one of them.
func (p *Sampler) dropBehind(last candidate) {
	p.order = slices.DeleteFunc(p.order, func(c candidate) bool { return likelierFirst(c, last) > 0 })
}

// last returns the last, by likelihood, of as few likeliest candidates as have measures that sum up
// to a goal, and whether any do. It works as quickselect does (Hoare 1961, "Algorithm 65: Find"):
// the candidates likelier than one of them are moved before it and the others behind, and only the
// side in which the goal is reached is looked at any further.
func (p *Sampler) last(goal float64, measure func(candidate) float64) (candidate, bool) {
	p.work = append(p.work[:0], p.order...)
	c := p.work
	for len(c) > 0 {
		at, before := partition(c), 0.0
		for _, x := range c[:at] {
			before += measure(x)
		}
		switch with := before + measure(c[at]); {
		case before >= goal:
			c = c[:at]
		case with >= goal:
			return c[at], true
		default:
			goal, c = goal-with, c[at+1:]
		}
	}
	return candidate{}, false
}

// partition moves a candidate, those likelier before it and the others behind it, and returns
// where it is then. It takes the middle one of three.
func partition(c []candidate) int {
	end := len(c) - 1
	middle, last := end/2, end
	if likelierFirst(c[middle], c[0]) < 0 {
		c[middle], c[0] = c[0], c[middle]
	}
	if likelierFirst(c[last], c[0]) < 0 {
		c[last], c[0] = c[0], c[last]
	}
	if likelierFirst(c[middle], c[last]) < 0 { // now the first is the likeliest of the three
		c[middle], c[last] = c[last], c[middle]
	}
	at := 0
	for i := range end {
		if likelierFirst(c[i], c[end]) < 0 {
			c[i], c[at] = c[at], c[i]
			at++
		}
	}
	c[at], c[end] = c[end], c[at]
	return at
}

// likelierFirst orders candidates; of equals the lower id comes first.
func likelierFirst(a, b candidate) int {
	return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.id, b.id))
}

// gather makes the candidates the tokens with a logit of least or more, by id; or the k
// largest of them, if k is not 0.
func (p *Sampler) gather(logits []float32, least float32, k int) {
	p.order = p.order[:0]
	for id, l := range logits {
		if !(l >= least) {
			continue
		}
		p.order = append(p.order, candidate{int32(id), float64(l)})
		if k > 0 && len(p.order) == 2*k {
			least = float32(p.keep(k).weight) // what comes later must be as large
		}
	}
	if k > 0 && k < len(p.order) {
		p.keep(k)
	}
}

// keep drops all but the k likeliest candidates, and returns the last of them.
func (p *Sampler) keep(k int) candidate {
	last, _ := p.last(float64(k), func(candidate) float64 { return 1 })
	p.dropBehind(last)
	return last
}
