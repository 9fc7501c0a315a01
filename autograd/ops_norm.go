package autograd

// LayerNorm normalises each row of x [..., C] to mean 0 and variance 1, then scales and
// shifts it: y = (x − μ)/√(σ² + ε) ∘ weight + bias (Ba et al. 2016, section 3). weight and
// bias are [C]; bias may be nil. Kept: x and, for each row, μ and 1/√(σ² + ε).
func (t *Tape) LayerNorm(x, weight, bias *Variable, eps float64) *Variable {
	checkDType("LayerNorm", x, weight)
	x = t.Contiguous(x)
	y := t.like(x)
	rows := x.Value.Len() / max(x.Dim(-1), 1)
	mean, rstd := t.arena.New(x.Value.DType(), rows), t.arena.New(x.Value.DType(), rows)
	var n *Node
	if bias == nil {
		t.backend.LayerNorm(y.Value, mean, rstd, x.Value, weight.Value, nil, eps)
		n = t.record("LayerNorm", y, layerNormBackward, x, weight)
	} else {
		t.backend.LayerNorm(y.Value, mean, rstd, x.Value, weight.Value, bias.Value, eps)
		n = t.record("LayerNorm", y, layerNormBackward, x, weight, bias)
	}
	n.saved[0], n.saved[1] = mean, rstd
	return y
}

func layerNormBackward(t *Tape, n *Node) {
	dx, dweight := n.write(t, 0), n.add(t, 1)
	if len(n.in) == 2 {
		t.backend.LayerNormBackward(dx, dweight, nil, n.dy(), n.x(0), n.x(1), n.saved[0], n.saved[1])
		return
	}
	t.backend.LayerNormBackward(dx, dweight, n.add(t, 2), n.dy(), n.x(0), n.x(1), n.saved[0], n.saved[1])
}

// RMSNorm divides each row of x [..., C] by its root mean square and scales it:
// y = x/√(mean(x²) + ε) ∘ weight (Zhang and Sennrich 2019, section 4). Kept: x and, for
// each row, 1/√(mean(x²) + ε).
func (t *Tape) RMSNorm(x, weight *Variable, eps float64) *Variable {
	checkDType("RMSNorm", x, weight)
	x = t.Contiguous(x)
	y := t.like(x)
	rstd := t.arena.New(x.Value.DType(), x.Value.Len()/max(x.Dim(-1), 1))
	t.backend.RMSNorm(y.Value, rstd, x.Value, weight.Value, eps)
	n := t.record("RMSNorm", y, func(t *Tape, n *Node) {
		t.backend.RMSNormBackward(n.write(t, 0), n.add(t, 1), n.dy(), n.x(0), n.x(1), n.saved[0])
	}, x, weight)
	n.saved[0] = rstd
	return y
}
