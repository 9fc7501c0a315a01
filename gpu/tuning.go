package gpu

import (
	"math/bits"

	"inkstone/gpu/driver"
	"inkstone/gpu/kernels"
)

// subgroup returns the lanes of a subgroup that kernels are built for, or 0.
func (d *Device) subgroup() int {
	if len(d.info.Subgroups) == 0 {
		return 0
	}
	return d.info.Subgroups[0]
}

// lanes returns how many lanes a workgroup has that goes over n elements.
func (d *Device) lanes(n int) int {
	want := 1 << bits.Len(uint(max(n, 1)-1)) // the next power of two
	return min(max(want, 32), 256, d.info.MaxLanes)
}

// rows returns which lanes share the work of a row of cols elements.
func (d *Device) rows(cols int) kernels.Rows {
	s, lanes := d.subgroup(), d.lanes(cols)
	return kernels.Rows{Lanes: lanes, Subgroup: min(s, lanes)}
}

// matmul returns the tile for products of [M, K] and [K, N]: the largest of which there are
// enough for the device.
func (d *Device) matmul(M, N int) kernels.MatMul {
	tiles := []kernels.MatMul{
		{TileM: 128, TileN: 128, TileK: 8, ThreadM: 8, ThreadN: 8},
		{TileM: 64, TileN: 64, TileK: 16, ThreadM: 4, ThreadN: 4},
		{TileM: 32, TileN: 32, TileK: 16, ThreadM: 4, ThreadN: 4},
		{TileM: 16, TileN: 32, TileK: 16, ThreadM: 2, ThreadN: 4},
	}
	wanted := 1
	if d.info.Kind != driver.CPU {
		wanted = 64
	}
	for _, t := range tiles {
		if M*2 > t.TileM && N*2 > t.TileN && ((M+t.TileM-1)/t.TileM)*((N+t.TileN-1)/t.TileN) >= wanted {
			return t
		}
	}
	return tiles[len(tiles)-1]
}

// attention returns the tiles for heads of D elements, the best first.
func (d *Device) attention(D int) []kernels.AttentionTile {
	return []kernels.AttentionTile{
		{HeadDim: D, Rows: 32, Cols: 32, LanesX: 8, LanesY: 8},
		{HeadDim: D, Rows: 16, Cols: 16, LanesX: 4, LanesY: 8},
		{HeadDim: D, Rows: 8, Cols: 8, LanesX: 2, LanesY: 8},
	}
}
