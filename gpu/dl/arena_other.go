//go:build !linux && !windows

package dl

// Where no library can be loaded, nothing outside Go reads an arena.
func mapChunk(n int) ([]byte, error) { return make([]byte, n), nil }

func unmapChunk([]byte) error { return nil }
