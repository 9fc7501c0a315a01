package gpu

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"inkstone/gpu/driver"
)

// A Profile tells how long each dispatch of a device took, by the device's own clock.
type Profile struct {
	Device string
	Spans  []Span // in the order in which they ran
}

// A Span is one dispatch of a kernel.
type Span struct {
	Kernel   string
	Begin    time.Duration // since the first dispatch of the profile
	Duration time.Duration
	Work     int64 // floating-point operations, roughly for all but products
	Bytes    int64 // of the buffers that it was given
}

// A KernelTime sums up the dispatches of a kernel.
type KernelTime struct {
	Kernel string
	Count  int
	Time   time.Duration
	Work   int64
	Bytes  int64
}

// Kernels sums up the dispatches of each kernel, those that took longest first.
func (p *Profile) Kernels() []KernelTime {
	var list []KernelTime
	place := map[string]int{}
	for _, s := range p.Spans {
		i, ok := place[s.Kernel]
		if !ok {
			i = len(list)
			place[s.Kernel] = i
			list = append(list, KernelTime{Kernel: s.Kernel})
		}
		k := &list[i]
		k.Count++
		k.Time += s.Duration
		k.Work += s.Work
		k.Bytes += s.Bytes
	}
	slices.SortFunc(list, func(x, y KernelTime) int {
		return cmp.Or(cmp.Compare(y.Time, x.Time), cmp.Compare(x.Kernel, y.Kernel))
	})
	return list
}

// WriteTable writes a line for each kernel: its share of the time, and how fast it computed and
// moved data.
func (p *Profile) WriteTable(w io.Writer) error {
	var total time.Duration
	for _, s := range p.Spans {
		total += s.Duration
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "share\ttime\tcount\tGFLOP/s\tGB/s\t kernel")
	for _, k := range p.Kernels() {
		ns := float64(max(k.Time, 1))
		fmt.Fprintf(t, "%.1f%%\t%v\t%d\t%.1f\t%.1f\t %s\n", 100*ns/float64(max(total, 1)), k.Time.Round(time.Microsecond), k.Count,
			float64(k.Work)/ns, float64(k.Bytes)/ns, k.Kernel)
	}
	return t.Flush()
}

// WriteTrace writes the spans in Google's Trace Event Format, which Chrome's about:tracing and
// Perfetto show.
func (p *Profile) WriteTrace(w io.Writer) error {
	type event struct {
		Name  string           `json:"name"`
		Phase string           `json:"ph"` // X: a span
		Begin float64          `json:"ts"` // microseconds
		Dur   float64          `json:"dur"`
		PID   int              `json:"pid"`
		TID   int              `json:"tid"`
		Args  map[string]int64 `json:"args"`
	}
	trace := struct {
		Events []event `json:"traceEvents"`
	}{make([]event, len(p.Spans))}
	micro := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	for i, s := range p.Spans {
		trace.Events[i] = event{s.Kernel, "X", micro(s.Begin), micro(s.Duration), 1, 1, map[string]int64{"flops": s.Work, "bytes": s.Bytes}}
	}
	b := bufio.NewWriter(w)
	if err := json.NewEncoder(b).Encode(&trace); err != nil {
		return err
	}
	return b.Flush()
}

// A recorder puts timestamps around each dispatch. A nil one does nothing.
type recorder struct {
	flying []*timing // of lists that are not done
	done   []*timing
}

// timing is a dispatch and its timestamps, which are set when its list is done.
type timing struct {
	Span
	list       uint64
	begin, end int64
}

// StartProfile begins to time dispatches. Each one then runs alone, which takes longer than
// together. A device without timestamps is an error.
func (d *Device) StartProfile() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.info.Timestamps {
		return fmt.Errorf("gpu: %s: %w: timestamps", d.name, driver.ErrUnsupported)
	}
	d.finish()
	d.profile = new(recorder)
	return d.err
}

// StopProfile waits for the device and returns what ran since StartProfile.
func (d *Device) StopProfile() (*Profile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.profile
	if r == nil {
		return nil, fmt.Errorf("gpu: %s: there is no profile to stop", d.name)
	}
	d.finish()
	d.profile = nil
	if d.err != nil {
		return nil, d.err
	}
	p := &Profile{Device: d.name}
	for _, t := range r.done {
		t.Begin, t.Duration = time.Duration(t.begin-r.done[0].begin), time.Duration(t.end-t.begin)
		p.Spans = append(p.Spans, t.Span)
	}
	return p, nil
}

// begin records what stands before a dispatch.
func (r *recorder) begin(d *Device, kernel string, work int64, operands []access) {
	if r == nil {
		return
	}
	t := &timing{Span: Span{Kernel: kernel, Work: work}, list: d.recording}
	for _, a := range operands {
		t.Bytes += a.Len
	}
	r.flying = append(r.flying, t)
	d.barrier()
	d.hazards.note(operands)
	d.list.Timestamp(&t.begin)
}

// end records what stands behind it.
func (r *recorder) end(d *Device) {
	if r == nil {
		return
	}
	d.barrier()
	d.list.Timestamp(&r.flying[len(r.flying)-1].end)
}

// landed notes that lists up to a number are done.
func (r *recorder) landed(number uint64) {
	if r == nil {
		return
	}
	n := 0
	for n < len(r.flying) && r.flying[n].list <= number {
		n++
	}
	r.done = append(r.done, r.flying[:n]...)
	r.flying = append(r.flying[:0], r.flying[n:]...)
}
