package gpu

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"inkstone/gpu/soft"
)

// TestProfile: every dispatch of a step is timed, in order, and profiling changes no result.
func TestProfile(t *testing.T) {
	b := open(t, soft.Options{Shuffle: 3})
	tr, plain := trainer(t, b, models["gpt2"]), trainer(t, open(t, soft.Options{}), models["gpt2"])
	want, err := plain.Step(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.device.StartProfile(); err != nil {
		t.Fatal(err)
	}
	before := b.device.Stats().Dispatches
	got, err := tr.Step(0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.device.StopProfile()
	if err != nil {
		t.Fatal(err)
	}
	if got.Loss != want.Loss || got.GradNorm != want.GradNorm {
		t.Errorf("loss %v, gradient %v; without a profile they are %v and %v", got.Loss, got.GradNorm, want.Loss, want.GradNorm)
	}
	if n := b.device.Stats().Dispatches - before; len(p.Spans) != n {
		t.Fatalf("%d spans of %d dispatches", len(p.Spans), n)
	}
	end := p.Spans[0].Begin
	count := 0
	for i, s := range p.Spans {
		if s.Begin < end || s.Duration < 0 || s.Work <= 0 || s.Bytes <= 0 {
			t.Fatalf("span %d %+v, behind one that ends at %v", i, s, end)
		}
		end = s.Begin + s.Duration
	}
	kernels := p.Kernels()
	for _, k := range kernels {
		count += k.Count
	}
	if count != len(p.Spans) {
		t.Errorf("%d dispatches in the summary of %d", count, len(p.Spans))
	}
	var table, trace bytes.Buffer
	if err := p.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(table.String(), "\n"); lines != 1+len(kernels) || !strings.Contains(table.String(), kernels[0].Kernel) {
		t.Errorf("table of %d kernels:\n%s", len(kernels), &table)
	}
	if err := p.WriteTrace(&trace); err != nil {
		t.Fatal(err)
	}
	var back struct {
		TraceEvents []struct {
			Name, Ph string
			Ts, Dur  float64
		}
	}
	if err := json.Unmarshal(trace.Bytes(), &back); err != nil || len(back.TraceEvents) != len(p.Spans) || back.TraceEvents[0].Ph != "X" {
		t.Errorf("trace: %v, %d events", err, len(back.TraceEvents))
	}
	if _, err := b.device.StopProfile(); err == nil {
		t.Error("a profile was stopped twice")
	}
}
