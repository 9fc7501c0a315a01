//go:build purego || !(amd64 || arm64)

package kernels

// machineLevels returns nothing: this build has only plain Go.
func machineLevels() []level { return nil }
