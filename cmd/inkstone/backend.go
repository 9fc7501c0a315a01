package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"inkstone/gpu"
	"inkstone/kernels"
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

// onCPU reports whether the flags ask for the CPU.
func (g *globals) onCPU() bool {
	spec, err := gpu.ParseSpec(g.Device)
	return err == nil && spec.CPU()
}

// backend returns the backend that the flags ask for. Where an interface has no device, the CPU
// takes its place, and people are told; a certain device that is not there is an error.
func (g *globals) backend(u *ui) (backend, error) {
	if strings.Contains(g.Device, ",") {
		return nil, usagef("--device %s: of all verbs, only pretrain shares its work among several devices", g.Device)
	}
	spec, err := gpu.ParseSpec(g.Device)
	if err != nil {
		return nil, usageError{err}
	}
	if spec.CPU() {
		return g.newCPU(), nil
	}
	d, err := spec.Open(context.Background())
	switch {
	case err == nil:
	case errors.Is(err, gpu.ErrNoDevice) && spec.Number < 0:
		u.say("%v; computing on the CPU", err)
		return g.newCPU(), nil
	default:
		return nil, fmt.Errorf("%w (inkstone devices lists what is there; --device cpu always is)", err)
	}
	cpu := g.newCPU()
	if err := d.Supports(cpu.Precision()); err != nil {
		cpu.Close()
		d.Close()
		return nil, usagef("--precision %s: %v; leave it out for f32", g.Precision, err)
	}
	return &deviceBackend{gpu.NewBackend(d, cpu), u}, nil
}

// backends returns a backend for each device of a list, such as "vulkan:0,vulkan:1". The caller
// closes them.
func (g *globals) backends(u *ui) (all []backend, err error) {
	for _, name := range strings.Split(g.Device, ",") {
		one := *g
		one.Device = name
		dev, err := one.backend(u)
		if err != nil {
			for _, d := range all {
				d.Close()
			}
			return nil, err
		}
		all = append(all, dev)
		g.Precision = one.Precision
	}
	return all, nil
}

// computer names what a backend computes on, for people.
func computer(b backend) string {
	if d, ok := b.(*deviceBackend); ok {
		return fmt.Sprintf("%s (%s)", d.Name(), d.Device().Info().Name)
	}
	return fmt.Sprintf("%d threads with %s", b.Pool().Threads(), kernels.ISA())
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
