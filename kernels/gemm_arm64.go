//go:build !purego

package kernels

// gemmColsNEON is the width of the tile: 24 accumulators of 32 registers.
const gemmColsNEON = 12

// gemmPanelsNEON works like gemmPanelsGeneric, on panels of 12 columns.
func gemmPanelsNEON(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, _ Block[float32]) {
	gemmTiles(c, ldc, a, b, m, n, k, alpha, beta, gemmColsNEON, gemmTileNEON)
}

// gemmTileNEON works like gemmTileGeneric, on panels of 12 columns. Tiles at an edge are
// computed whole, beside C.
func gemmTileNEON(c []float32, ldc int, a, b []float32, k int, alpha, beta float32, rows, cols int) {
	if rows == GemmRows && cols == gemmColsNEON {
		gemmWholeNEON(c, ldc, a, b, k, alpha, beta)
		return
	}
	var tile [GemmRows * gemmColsNEON]float32
	gemmWholeNEON(tile[:], gemmColsNEON, a, b, k, alpha, 0)
	for i := range rows {
		row := c[i*ldc:][:cols]
		for j, x := range tile[i*gemmColsNEON:][:cols] {
			if beta == 0 {
				row[j] = x
			} else {
				row[j] = x + beta*row[j]
			}
		}
	}
}

// gemmWholeNEON works like gemmTileNEON, on a whole tile.
//
//go:noescape
func gemmWholeNEON(c []float32, ldc int, a, b []float32, k int, alpha, beta float32)
