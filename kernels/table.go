package kernels

// table holds one float32 implementation of every kernel that has assembly. Exported
// kernels call through the active table; a kernel without an entry is plain Go everywhere.
//
// Each entry works like the generic function it starts from.
type table struct {
	dot func(x, y []float32) float32
}

// generic is the table of plain Go kernels.
var generic = table{
	dot: dotGeneric[float32],
}
