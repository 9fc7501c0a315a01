package kernels

import "math"

// Tile sizes of attention. A tile of scores is attentionQueries × attentionKeys; beside it
// the tile's keys and values fit the first-level cache at D = 64.
const (
	attentionQueries = 64
	attentionKeys    = 64
	attentionRows    = 8  // rows of a strip, the unit of the matrix products
	attentionLanes   = 16 // columns of scratch tiles come in multiples of this
)

// AttentionScratch returns how many numbers of scratch AttentionForward and
// AttentionBackward need for tq query rows of d columns: O(tq + d), whatever the number of
// keys.
func AttentionScratch(tq, d int) int {
	width := roundUp(d, attentionLanes)
	return roundUp(tq, attentionRows) + // δ
		2*attentionQueries + // running maximum and sum
		2*attentionQueries*attentionKeys + // P and dS
		2*d*attentionKeys + // Kᵀ and Vᵀ
		(2*attentionQueries+4*attentionKeys+attentionRows)*width // Q, dO; K, V, dK, dV; dQ
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// AttentionForward computes, for tq query rows of one head,
//
//	o[i] = Σⱼ pᵢⱼ·v[j],  pᵢⱼ = exp(scale·q[i]·k[j] − lse[i]),  lse[i] = ln Σⱼ exp(scale·q[i]·k[j])
//
// over the s keys, or, if causal, over the keys j ≤ offset+i: query i stands at position
// offset+i. Row i of q begins at q[i·ldq] and has d numbers, and so for o, k and v, so that
// heads side by side in a packed buffer need no copy. o and lse are written; lse serves
// the backward. scratch has AttentionScratch(tq, d) numbers.
//
// The caller may split a head's queries among threads. So that the same bits come out on
// any number of them, it splits by the shape alone: calls of fewer than 4 rows take a path
// of their own, which reads each key and value once.
//
// Keys are taken in tiles, the softmax of a row is kept as a running maximum and sum, and
// what was summed under an older maximum is rescaled (Milakov and Gimelshein 2018, Online
// normalizer calculation for softmax; Dao 2023, FlashAttention-2, algorithm 1). A value
// row with NaN may reach queries up to 7 positions before it.
//
// It panics unless s > 0, offset >= 0 and scratch and slices are long enough: every query
// sees at least one key.
//
//go:noinline
func AttentionForward[T Float](o []T, ldo int, lse, q []T, ldq int, k []T, ldk int, v []T, ldv int, tq, s, d, offset int, scale T, causal bool, scratch []T) {
	checkAttention("AttentionForward", tq, s, d, offset, len(scratch))
	checkLen("AttentionForward", "lse", len(lse), tq)
	checkRows("AttentionForward", "o", len(o), ldo, tq, d)
	checkRows("AttentionForward", "q", len(q), ldq, tq, d)
	checkRows("AttentionForward", "k", len(k), ldk, s, d)
	checkRows("AttentionForward", "v", len(v), ldv, s, d)
	if tq < attentionRows/2 {
		for i := range tq {
			keys := visible(s, offset+i, causal)
			lse[i] = attentionRow(o[i*ldo:][:d], q[i*ldq:][:d], k, ldk, v, ldv, keys, scale, scratch)
		}
		return
	}
	for i := 0; i < tq; i += attentionQueries {
		rows := min(attentionQueries, tq-i)
		attentionBlock(o[i*ldo:], ldo, lse[i:][:rows], q[i*ldq:], ldq, k, ldk, v, ldv, rows, s, d, offset+i, scale, causal, scratch)
	}
}

// attentionBlock computes up to attentionQueries rows.
func attentionBlock[T Float](o []T, ldo int, lse, q []T, ldq int, k []T, ldk int, v []T, ldv int, tq, s, d, offset int, scale T, causal bool, scratch []T) {
	width := roundUp(d, attentionLanes)
	largest, scratch := cut(scratch, attentionQueries)
	sum, scratch := cut(scratch, attentionQueries)
	p, scratch := cut(scratch, attentionRows*attentionKeys)
	kT, scratch := cut(scratch, d*attentionKeys)
	acc, scratch := cut(scratch, attentionQueries*width) // Σ exp(…)·v
	qTile, scratch := cut(scratch, attentionQueries*width)
	vTile, _ := cut(scratch, attentionKeys*width)
	q, ldq = padded(qTile, q, ldq, tq, d, attentionRows)

	for i := range tq {
		largest[i], sum[i] = T(math.Inf(-1)), 0
	}
	end := visible(s, offset+tq-1, causal)
	for j := 0; j < end; j += attentionKeys {
		keys := min(attentionKeys, end-j)
		transpose(kT, attentionKeys, k[j*ldk:], ldk, keys, d)
		vt, ldvt := padded(vTile, v[j*ldv:], ldv, keys, d, 1)
		for i := 0; i < tq; i += attentionRows {
			last := min(i+attentionRows, tq) - 1
			seen := visible(s, offset+last, causal) - j // by the last row of the strip
			if seen <= 0 {
				continue
			}
			seen = min(seen, keys)
			strip(p, attentionKeys, q[i*ldq:], ldq, 1, kT, attentionKeys, roundUp(seen, attentionLanes), d, false)
			for r := i; r <= last; r++ {
				row := p[(r-i)*attentionKeys:][:roundUp(seen, attentionLanes)]
				n := min(visible(s, offset+r, causal)-j, keys)
				if n <= 0 {
					clear(row)
					continue
				}
				m, l := softmaxStep(row, n, scale, largest[r])
				if m != largest[r] && j > 0 {
					c := T(math.Exp(float64(largest[r] - m)))
					Scale(acc[r*width:][:width], c)
					sum[r] *= c
				}
				largest[r] = m
				sum[r] += l
			}
			strip(acc[i*width:], width, p, attentionKeys, 1, vt, ldvt, width, seen, j > 0)
		}
	}
	for i := range tq {
		inv, row, from := 1/sum[i], o[i*ldo:][:d], acc[i*width:][:d]
		for c := range row {
			row[c] = from[c] * inv
		}
		lse[i] = largest[i] + T(math.Log(float64(sum[i])))
	}
}

// attentionRow computes one row over n keys, reading keys and values once, as decoding
// with a cache does, and returns its log-sum-exp.
func attentionRow[T Float](o, q []T, k []T, ldk int, v []T, ldv, n int, scale T, scratch []T) T {
	largest, sum := T(math.Inf(-1)), T(0)
	clear(o)
	for j := 0; j < n; j += attentionQueries * attentionKeys {
		p := scratch[:min(attentionQueries*attentionKeys, n-j)]
		dots(p, q, k[j*ldk:], ldk)
		m, l := softmaxStep(p, len(p), scale, largest)
		if m != largest && j > 0 {
			c := T(math.Exp(float64(largest - m)))
			Scale(o, c)
			sum *= c
		}
		largest = m
		sum += l
		combine(o, p, v[j*ldv:], ldv)
	}
	Scale(o, 1/sum)
	return largest + T(math.Log(float64(sum)))
}

// visible returns how many of s keys the query at a position sees.
func visible(s, position int, causal bool) int {
	if causal {
		return min(s, position+1)
	}
	return s
}
