package ir_test

import (
	"fmt"

	"inkstone/gpu/ir"
)

// matmul is the example of the package comment.
func matmul() (*ir.Kernel, error) {
	const tile = 16
	b := ir.New("matmul", ir.Workgroup(tile, tile, 1))
	a := b.Buffer("a", ir.F32, ir.Read)  // [M, K]
	bb := b.Buffer("b", ir.F32, ir.Read) // [K, N]
	c := b.Buffer("c", ir.F32, ir.Write) // [M, N]
	m, n, k := b.Scalar("m", ir.I32), b.Scalar("n", ir.I32), b.Scalar("k", ir.I32)
	ta := b.Shared("ta", ir.F32, tile*tile)
	tb := b.Shared("tb", ir.F32, tile*tile)

	x, y := b.LocalID(0), b.LocalID(1)
	row, col := b.GlobalID(1), b.GlobalID(0)
	here := y.Mul(tile).Add(x).Named("here")
	acc := b.VarOf(b.F32(0)).Named("acc")
	b.For(0, k, tile, func(k0 ir.Value) {
		ka, kb := k0.Add(x), k0.Add(y)
		b.IfElse(row.Lt(m).And(ka.Lt(k)),
			func() { ta.Store(here, a.Load(row.Mul(k).Add(ka))) },
			func() { ta.Store(here, 0) })
		b.IfElse(kb.Lt(k).And(col.Lt(n)),
			func() { tb.Store(here, bb.Load(kb.Mul(n).Add(col))) },
			func() { tb.Store(here, 0) })
		b.Barrier()
		b.Range(tile, func(i ir.Value) {
			p := ta.Load(y.Mul(tile).Add(i)).Named("p")
			q := tb.Load(i.Mul(tile).Add(x)).Named("q")
			acc.Set(p.FMA(q, acc))
		}).Unroll()
		b.Barrier()
	})
	b.If(row.Lt(m).And(col.Lt(n)), func() { c.Store(row.Mul(n).Add(col), acc) })
	return b.Build()
}

func Example() {
	k, err := matmul()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(k.Text())
	// Output:
	// kernel matmul
	//   workgroup 16 16 1
	//   buffer a f32 read
	//   buffer b f32 read
	//   buffer c f32 write
	//   scalar m i32
	//   scalar n i32
	//   scalar k i32
	//   shared ta f32[256]
	//   shared tb f32[256]
	//   var acc f32
	// begin
	//   v8: i32 = mul local_id.y, 16
	//   here: i32 = add v8, local_id.x
	//   acc = 0.0
	//   for v13: i32 = 0 to k step 16 {
	//     v14: i32 = add v13, local_id.x
	//     v15: i32 = add v13, local_id.y
	//     v16: bool = lt global_id.y, m
	//     v17: bool = lt v14, k
	//     v18: bool = and v16, v17
	//     if v18 {
	//       v20: i32 = mul global_id.y, k
	//       v21: i32 = add v20, v14
	//       v22: f32 = load a[v21]
	//       ta[here] = v22
	//     } else {
	//       ta[here] = 0.0
	//     }
	//     v25: bool = lt v15, k
	//     v26: bool = lt global_id.x, n
	//     v27: bool = and v25, v26
	//     if v27 {
	//       v29: i32 = mul v15, n
	//       v30: i32 = add v29, global_id.x
	//       v31: f32 = load b[v30]
	//       tb[here] = v31
	//     } else {
	//       tb[here] = 0.0
	//     }
	//     barrier
	//     for v36: i32 = 0 to 16 step 1 unroll {
	//       v37: i32 = mul local_id.y, 16
	//       v38: i32 = add v37, v36
	//       p: f32 = load ta[v38]
	//       v40: i32 = mul v36, 16
	//       v41: i32 = add v40, local_id.x
	//       q: f32 = load tb[v41]
	//       v43: f32 = acc
	//       v44: f32 = fma p, q, v43
	//       acc = v44
	//     }
	//     barrier
	//   }
	//   v47: bool = lt global_id.y, m
	//   v48: bool = lt global_id.x, n
	//   v49: bool = and v47, v48
	//   if v49 {
	//     v51: i32 = mul global_id.y, n
	//     v52: i32 = add v51, global_id.x
	//     v53: f32 = acc
	//     c[v52] = v53
	//   }
	// end
}
