package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"inkstone/tensor"
)

// TestReplicas: several devices that share the micro-batches of a step take the steps of one that
// does them all, but for the order in which an embedding's gradient is added up; and all of them
// the same, bit for bit.
func TestReplicas(t *testing.T) {
	for _, size := range []int{2, 3} {
		cpu := tensor.NewCPU(1)
		defer cpu.Close()
		_, alone := tinyTrainer(t, cpu, 2)
		alone.Accumulate = size
		var trainers []*Trainer
		for range size {
			own := tensor.NewCPU(1)
			defer own.Close()
			_, tr := tinyTrainer(t, own, 2)
			tr.Accumulate = size
			trainers = append(trainers, tr)
		}
		all, err := NewReplicas(trainers)
		if err != nil {
			t.Fatal(err)
		}
		for step := range 4 {
			want, err := alone.Step(step)
			if err != nil {
				t.Fatal(err)
			}
			got, err := all.Step(step)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.Loss-want.Loss) > 1e-6 || math.Abs(got.GradNorm-want.GradNorm) > 1e-6 || got.Tokens != want.Tokens {
				t.Errorf("%d devices, step %d: %+v, want %+v", size, step, got, want)
			}
		}
		for rank, tr := range trainers {
			for i, p := range tr.Optimizer.Parameters() {
				if !slices.Equal(tensor.Data[float32](p.Value), tensor.Data[float32](trainers[0].Optimizer.Parameters()[i].Value)) {
					t.Fatalf("rank %d of %d: %s is not that of rank 0", rank, size, p.Name)
				}
			}
		}
	}
}

// TestReplicasShares: micro-batches that cannot be shared evenly are refused.
func TestReplicasShares(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	_, a := tinyTrainer(t, cpu, 1)
	_, b := tinyTrainer(t, cpu, 1)
	a.Accumulate, b.Accumulate = 3, 3
	if _, err := NewReplicas([]*Trainer{a, b}); err == nil || !strings.Contains(err.Error(), "--accumulate 4") {
		t.Errorf("error %v", err)
	}
}

// failing is a backend whose device is lost after some steps.
type failing struct {
	*tensor.CPU
	left int
}

var errLost = errors.New("lost")

func (f *failing) Err() error {
	if f.left--; f.left < 0 {
		return errLost
	}
	return nil
}

// TestReplicaFails: a device that fails ends the step of all, with its error.
func TestReplicaFails(t *testing.T) {
	var trainers []*Trainer
	for rank := range 3 {
		cpu := tensor.NewCPU(1)
		defer cpu.Close()
		_, tr := tinyTrainer(t, cpu, 1)
		if rank == 1 {
			_, tr = tinyTrainerOn(t, &failing{cpu, 3}, 1)
		}
		tr.Accumulate = 3
		trainers = append(trainers, tr)
	}
	all, err := NewReplicas(trainers)
	if err != nil {
		t.Fatal(err)
	}
	for step := range 4 {
		if _, err = all.Step(step); err != nil {
			break
		}
	}
	if !errors.Is(err, errLost) {
		t.Errorf("error %v, want %v", err, errLost)
	}
	if _, err := all.Step(9); !errors.Is(err, errLost) {
		t.Errorf("after that: error %v", err)
	}
}

// TestAllReduce: sums of all types and lengths are whole, and the same on every rank; what does not
// fit is an error on all.
func TestAllReduce(t *testing.T) {
	const size = 3
	run := func(make func(rank int) []*tensor.Tensor) (all [size][]*tensor.Tensor, errs [size]error) {
		var wg sync.WaitGroup
		for rank, g := range NewLocalGroup(size) {
			all[rank] = make(rank)
			wg.Go(func() {
				for range 2 {
					errs[rank] = g.AllReduce(all[rank])
				}
			})
		}
		wg.Wait()
		return all, errs
	}
	all, errs := run(func(rank int) []*tensor.Tensor {
		x := tensor.New(tensor.Float32, 7)
		for i := range 7 {
			tensor.Data[float32](x)[i] = float32(i + 10*rank)
		}
		return []*tensor.Tensor{x, tensor.FromSlice([]float64{float64(rank)}, 1), tensor.New(tensor.Float32, 0)}
	})
	for rank := range size {
		for i, v := range tensor.Data[float32](all[rank][0]) {
			if want := float32(3 * (3*i + 30)); v != want || errs[rank] != nil { // twice: the sums were summed again
				t.Errorf("rank %d: element %d is %v, want %v (%v)", rank, i, v, want, errs[rank])
			}
		}
		if v := all[rank][1].Item(); v != 9 {
			t.Errorf("rank %d: %v", rank, v)
		}
	}
	for name, f := range map[string]func(rank int) []*tensor.Tensor{
		"shape": func(rank int) []*tensor.Tensor { return []*tensor.Tensor{tensor.New(tensor.Float32, 4+rank/2)} },
		"number": func(rank int) []*tensor.Tensor {
			return slices.Repeat([]*tensor.Tensor{tensor.New(tensor.Float32, 4)}, 1+rank/2)
		},
		"type": func(int) []*tensor.Tensor { return []*tensor.Tensor{tensor.New(tensor.Int32, 4)} },
	} {
		_, errs := run(f)
		for rank, err := range errs {
			if err == nil || !strings.Contains(fmt.Sprint(err), "AllReduce") {
				t.Errorf("%s: rank %d: error %v", name, rank, err)
			}
		}
	}
}
