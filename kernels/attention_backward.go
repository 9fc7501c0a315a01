package kernels

// AttentionBackward computes the gradients of AttentionForward for the tq query rows of
// one head. With P the probabilities, recomputed tile by tile from lse,
//
//	δ = rowsum(dO ∘ O)    dV += Pᵀ·dO    dP = dO·Vᵀ    dS = scale·P ∘ (dP − δ)
//	dQ = dS·K             dK += dSᵀ·Q
//
// (Dao 2023, FlashAttention-2, algorithm 2). dq is written; dk and dv are added to, so the
// query heads that share a key head add up: the caller runs the heads of a group in order,
// and (batch, key head) pairs side by side. Layouts, sizes and panics are those of
// AttentionForward; scratch has AttentionScratch(tq, d) numbers.
//
//go:noinline
func AttentionBackward[T Float](dq []T, lddq int, dk []T, lddk int, dv []T, lddv int, do []T, lddo int, q []T, ldq int, k []T, ldk int, v []T, ldv int, o []T, ldo int, lse []T, tq, s, d, offset int, scale T, causal bool, scratch []T) {
	const op = "AttentionBackward"
	checkAttention(op, tq, s, d, offset, len(scratch))
	checkLen(op, "lse", len(lse), tq)
	checkRows(op, "dq", len(dq), lddq, tq, d)
	checkRows(op, "dk", len(dk), lddk, s, d)
	checkRows(op, "dv", len(dv), lddv, s, d)
	checkRows(op, "do", len(do), lddo, tq, d)
	checkRows(op, "q", len(q), ldq, tq, d)
	checkRows(op, "k", len(k), ldk, s, d)
	checkRows(op, "v", len(v), ldv, s, d)
	checkRows(op, "o", len(o), ldo, tq, d)

	width := roundUp(d, attentionLanes)
	delta, scratch := cut(scratch, tq)
	dkTile, scratch := cut(scratch, attentionKeys*width)
	dvTile, scratch := cut(scratch, attentionKeys*width)
	for i := range tq {
		delta[i] = Dot(do[i*lddo:][:d], o[i*ldo:][:d])
		clear(dq[i*lddq:][:d])
	}
	end := visible(s, offset+tq-1, causal)
	for j := 0; j < end; j += attentionKeys {
		t := gradientTile[T]{
			d: d, width: width, keys: min(attentionKeys, end-j), first: j, s: s,
			scale: scale, causal: causal, dk: dkTile, dv: dvTile,
		}
		clear(dkTile)
		clear(dvTile)
		rest := t.pack(k[j*ldk:], ldk, v[j*ldv:], ldv, scratch)
		first := 0 // query block that sees key j
		if causal {
			first = max(0, j-offset) / attentionQueries * attentionQueries
		}
		for i := first; i < tq; i += attentionQueries {
			rows := min(attentionQueries, tq-i)
			t.block(dq[i*lddq:], lddq, do[i*lddo:], lddo, q[i*ldq:], ldq, lse[i:], delta[i:], rows, offset+i, rest)
		}
		for c := range t.keys {
			Axpy(dk[(j+c)*lddk:][:d], dkTile[c*width:][:d], 1)
			Axpy(dv[(j+c)*lddv:][:d], dvTile[c*width:][:d], 1)
		}
	}
}

// A gradientTile is a tile of keys and values with its gradients.
type gradientTile[T Float] struct {
	d, width    int
	keys, first int // number of keys and position of the first
	s           int // number of all keys
	scale       T
	causal      bool
	kT, vT      []T // [d, attentionKeys]
	k           []T // [keys, width]
	ldk         int
	dk, dv      []T // [attentionKeys, width]
}

// pack lays out keys and values for the products and returns the rest of the scratch.
func (t *gradientTile[T]) pack(k []T, ldk int, v []T, ldv int, scratch []T) []T {
	t.kT, scratch = cut(scratch, t.d*attentionKeys)
	t.vT, scratch = cut(scratch, t.d*attentionKeys)
	kTile, scratch := cut(scratch, attentionKeys*t.width)
	transpose(t.kT, attentionKeys, k, ldk, t.keys, t.d)
	transpose(t.vT, attentionKeys, v, ldv, t.keys, t.d)
	t.k, t.ldk = padded(kTile, k, ldk, t.keys, t.d, 1)
	return scratch
}

// block adds what tq query rows, at positions offset and up, give to dq, t.dk and t.dv.
func (t *gradientTile[T]) block(dq []T, lddq int, do []T, lddo int, q []T, ldq int, lse, delta []T, tq, offset int, scratch []T) {
	p, scratch := cut(scratch, attentionQueries*attentionKeys)
	ds, scratch := cut(scratch, attentionQueries*attentionKeys) // dP, then dS
	qTile, scratch := cut(scratch, attentionQueries*t.width)
	doTile, scratch := cut(scratch, attentionQueries*t.width)
	dqTile, _ := cut(scratch, attentionRows*t.width)
	q, ldq = padded(qTile, q, ldq, tq, t.d, attentionRows)
	do, lddo = padded(doTile, do, lddo, tq, t.d, attentionRows)

	for i := 0; i < tq; i += attentionRows {
		rows := min(attentionRows, tq-i)
		seen := t.seen(offset + i + rows - 1) // by the last row of the strip
		if seen <= 0 {
			continue
		}
		wide := roundUp(seen, attentionLanes)
		at := i * attentionKeys
		strip(p[at:], attentionKeys, q[i*ldq:], ldq, 1, t.kT, attentionKeys, wide, t.d, false)
		strip(ds[at:], attentionKeys, do[i*lddo:], lddo, 1, t.vT, attentionKeys, wide, t.d, false)
		for r := i; r < i+rows; r++ {
			at := r * attentionKeys
			softmaxGradient(p[at:][:wide], ds[at:][:wide], max(0, t.seen(offset+r)), t.scale, lse[r], delta[r])
		}
		if rows == attentionRows && t.d == t.width {
			strip(dq[i*lddq:], lddq, ds[at:], attentionKeys, 1, t.k, t.ldk, t.width, seen, true)
			continue
		}
		strip(dqTile, t.width, ds[at:], attentionKeys, 1, t.k, t.ldk, t.width, seen, false)
		for r := range rows {
			Axpy(dq[(i+r)*lddq:][:t.d], dqTile[r*t.width:][:t.d], 1)
		}
	}
	for c := 0; c < t.keys; c += attentionRows {
		lo := 0 // first row that sees key c
		if t.causal {
			lo = max(0, t.first+c-offset)
		}
		if lo >= tq {
			break
		}
		strip(t.dv[c*t.width:], t.width, p[lo*attentionKeys+c:], 1, attentionKeys, do[lo*lddo:], lddo, t.width, tq-lo, true)
		strip(t.dk[c*t.width:], t.width, ds[lo*attentionKeys+c:], 1, attentionKeys, q[lo*ldq:], ldq, t.width, tq-lo, true)
	}
}

// seen returns how many keys of the tile the query at a position sees; none if negative.
func (t *gradientTile[T]) seen(position int) int {
	return min(t.keys, visible(t.s, position, t.causal)-t.first)
}
