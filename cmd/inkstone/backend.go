package main

import (
	"context"
	"fmt"
	"strings"

	"inkstone/gpu"
	"inkstone/tensor"
)

// A backend is what a verb computes on: the CPU, or a device with the CPU for what it lacks.
type backend interface {
	tensor.Backend
	Pool() *tensor.Pool
	Precision() tensor.Precision
	Close()
}

const autoPrecision = "auto"

// newCPU returns the backend of the CPU that the flags ask for. An automatic precision becomes
// f32, unless the verb has chosen before.
func (g *globals) newCPU() *tensor.CPU {
	if g.Precision == autoPrecision {
		g.Precision = tensor.F32.String()
	}
	cpu := tensor.NewCPU(g.Threads)
	if g.Precision == tensor.BF16.String() {
		cpu.SetPrecision(tensor.BF16)
	}
	return cpu
}

// backend returns the backend that the flags ask for. A device that was asked for by name and is
// not there is an error.
func (g *globals) backend(u *ui) (backend, error) {
	spec, err := gpu.ParseSpec(g.Device)
	if err != nil {
		return nil, usageError{err}
	}
	if spec.CPU() {
		return g.newCPU(), nil
	}
	d, err := spec.Open(context.Background())
	if err != nil {
		return nil, fmt.Errorf("%w (inkstone devices lists what is there; --device cpu always is)", err)
	}
	return &deviceBackend{gpu.NewBackend(d, g.newCPU()), u}, nil
}

// A deviceBackend says at the end what the CPU did in its device's place.
type deviceBackend struct {
	*gpu.Backend
	ui *ui
}

// Close closes the device.
func (b *deviceBackend) Close() {
	if list := b.Fallbacks(); len(list) > 0 {
		var ops []string
		for _, f := range list {
			ops = append(ops, fmt.Sprintf("%s (%d times: %s)", f.Op, f.Count, f.Reason))
		}
		b.ui.say("%s left to the CPU: %s", b.Name(), strings.Join(ops, ", "))
	}
	b.Backend.Close()
}
