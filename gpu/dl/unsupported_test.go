//go:build purego || !((linux && (amd64 || arm64)) || windows)

package dl

import (
	"errors"
	"testing"
)

// TestUnsupported: a build that cannot load says so.
func TestUnsupported(t *testing.T) {
	for _, o := range []Options{{}, {NoProbe: true}, {Mode: Mailbox}} {
		if l, err := Boot(t.Context(), o); l != nil || !errors.Is(err, ErrUnsupported) {
			t.Errorf("Boot(%+v) = %v, %v", o, l, err)
		}
		if err := Probe(t.Context(), o); !errors.Is(err, ErrUnsupported) {
			t.Errorf("Probe(%+v) = %v", o, err)
		}
	}
}
