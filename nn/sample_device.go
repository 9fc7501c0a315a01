package nn

import (
	"inkstone/autograd"
	"inkstone/tensor"
)

// drawOnDevice draws a token for each of the rows of logits [N, V] that has a sampler, where the
// logits lie: of N·V scores, N ids go to the host. It returns nil, and draws nothing, where the
// backend is no device or a sampler needs the host. Results serve until the tape is reset.
func drawOnDevice(t *autograd.Tape, logits *tensor.Tensor, samplers ...*Sampler) []int32 {
	device, ok := t.Backend().(tensor.Device)
	if !ok {
		return nil
	}
	for _, s := range samplers {
		if s != nil && s.repeats() {
			return nil
		}
	}
	choices := t.Arena().New(tensor.Float32, len(samplers), tensor.SampleFields)
	for i, s := range samplers {
		s.choice(tensor.Data[float32](choices)[i*tensor.SampleFields:][:tensor.SampleFields])
	}
	ids := t.Arena().New(tensor.Int32, len(samplers))
	if !device.Sample(ids, logits, choices) {
		return nil
	}
	for _, s := range samplers {
		if s.draws() {
			s.rng.Float64() // choice has told the device of it
		}
	}
	return tensor.Values[int32](ids)
}

// repeats reports whether there is a repetition penalty, which looks at the tokens so far.
func (p *Sampler) repeats() bool { return p.s.Repetition != 0 && p.s.Repetition != 1 }

// draws reports whether the sampler takes a random number for a token. A nil sampler does not.
func (p *Sampler) draws() bool { return p != nil && p.s.Temperature != 0 }

// choice writes how the next token is drawn; see tensor.Device. For a nil sampler any will do. The
// random number is the stream's next one, and stays it.
func (p *Sampler) choice(row []float32) {
	clear(row)
	if !p.draws() {
		return
	}
	const below1 = 1 - 0x1p-24
	next := *p.rng
	row[0] = min(float32(next.Float64()), below1)
	row[1], row[2], row[3], row[4] = float32(1/p.s.Temperature), float32(p.s.TopK), float32(p.s.TopP), float32(p.s.MinP)
}
