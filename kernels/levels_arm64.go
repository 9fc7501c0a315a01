//go:build arm64 && !purego

package kernels

// machineLevels returns the levels above generic that this CPU has. Every arm64 CPU has NEON.
func machineLevels() []level {
	return []level{{"neon", "NEON (ASIMD)", neonTable()}}
}

// neonTable is generic with every kernel replaced that has a NEON version.
func neonTable() table {
	t := generic
	t.gemmCols, t.gemmPanels, t.gemmPanelsBF16 = gemmColsNEON, gemmPanelsNEON, gemmPanelsNEON
	return t
}
