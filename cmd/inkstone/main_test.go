package main

import (
	"os"
	"testing"

	"inkstone/gpu/dl"
)

// TestMain lets the test program be the child that tries a library before this process loads it.
func TestMain(m *testing.M) {
	dl.MaybeProbe()
	os.Exit(m.Run())
}
