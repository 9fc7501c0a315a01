package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A Pool runs loops on a fixed number of goroutines, the caller's among them.
//
// A loop over [0, n) is cut into chunks of grain iterations. Which goroutine runs which
// chunk is a matter of luck, but where chunks begin is not: results that depend on chunk
// boundaries, such as partial sums, are the same on any number of threads.
type Pool struct {
	threads int
	busy    sync.Mutex // held while a loop runs on the workers
	epoch   atomic.Uint32
	workers []worker
	loop    loop
	closed  atomic.Bool
}

type worker struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// loop is the loop in progress.
type loop struct {
	run      runner
	n, grain int
	chunks   int
	parts    int          // see deal
	next     atomic.Int64 // first chunk nobody has taken, before dealing
	helpers  atomic.Int64 // workers that take part, plus shut when nobody may join any more
}

// shut is more than there are workers.
const shut = 1 << 32

// join reports whether a worker may take part: the fields of the loop are then valid until
// it leaves.
func (l *loop) join() bool {
	for {
		n := l.helpers.Load()
		if n >= shut {
			return false
		}
		if l.helpers.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (l *loop) leave() { l.helpers.Add(-1) }

// deal is a permutation of the chunks 0 ≤ i < n. Threads take chunks in order, so that at any
// moment they would work on neighbours: what one writes is what the hardware fetches ahead for
// another, and none reads memory for long where it lies. Dealt out, chunk i is one of part i%parts
// of the chunks: as many threads as there are parts each go through a part of their own, from one
// neighbour to the next.
func deal(i, n, parts int) int {
	part := i % parts
	return part*(n/parts) + min(part, n%parts) + i/parts
}

// runner runs iterations lo ≤ i < hi of a loop.
type runner interface{ chunk(lo, hi int) }

// spins is how often a worker looks for the next loop before it goes to sleep, a tenth of
// a millisecond or two. The loops of a training step follow one another within that time, though
// a thread may wait for the last task of another; waking a sleeper would take as long.
const spins = 200000

// NewPool returns a pool of the given number of threads, or one for each CPU that Go may
// use if threads is 0.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{threads: threads, workers: make([]worker, threads-1)}
	p.loop.helpers.Store(shut)
	for i := range p.workers {
		p.workers[i].wake = make(chan struct{}, 1)
		go p.work(&p.workers[i])
	}
	return p
}

// Threads returns the number of goroutines that run a loop.
func (p *Pool) Threads() int { return p.threads }

// Close ends the workers. The pool must not be used afterwards.
func (p *Pool) Close() {
	p.busy.Lock()
	defer p.busy.Unlock()
	if p.closed.CompareAndSwap(false, true) {
		p.start()
	}
}

// For runs body over [0, n) in chunks of grain iterations and returns when all are done.
// What body needs travels in args, not in captured variables: a closure would have to be
// allocated for every loop. Chunks write to disjoint memory, or to a slot of their own
// that the caller then combines in order.
//
// A loop started inside a loop, or while another goroutine's loop is running, runs on the
// calling goroutine alone, in the same chunks.
func For[A any](p *Pool, n, grain int, args A, body func(a *A, lo, hi int)) {
	if n <= 0 {
		return
	}
	b := boxOf(args, body)
	if grain <= 0 {
		grain = 1
	}
	if n <= grain || p.threads == 1 || !p.busy.TryLock() {
		for lo := 0; lo < n; lo += grain {
			b.chunk(lo, min(lo+grain, n))
		}
	} else {
		p.run(b, n, grain)
		p.busy.Unlock()
	}
	b.put()
}

// run runs a loop on the calling goroutine and whatever workers come in time. It waits for
// those that have joined, not for one that the system has put aside while others did the work.
func (p *Pool) run(r runner, n, grain int) {
	l := &p.loop
	l.run, l.n, l.grain = r, n, grain
	l.chunks, l.parts = (n+grain-1)/grain, p.threads
	l.next.Store(0)
	l.helpers.Store(0) // opens the loop
	p.start()
	l.share()
	l.helpers.Add(shut)
	for i := 0; l.helpers.Load() != shut; i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
	l.run = nil
}

// start tells the workers that there is something to do.
func (p *Pool) start() {
	p.epoch.Add(1)
	for i := range p.workers {
		if w := &p.workers[i]; w.asleep.CompareAndSwap(true, false) {
			w.wake <- struct{}{}
		}
	}
}

// share runs chunks until none are left.
func (l *loop) share() {
	for {
		i := int(l.next.Add(1)) - 1
		if i >= l.chunks {
			return
		}
		lo := deal(i, l.chunks, l.parts) * l.grain
		l.run.chunk(lo, min(lo+l.grain, l.n))
	}
}

// work is the life of a worker: wait for a new epoch, take part in its loop if there is still
// something to do, repeat.
func (p *Pool) work(w *worker) {
	seen := uint32(0)
	for {
		for i := 0; p.epoch.Load() == seen; i++ {
			if i < spins {
				continue
			}
			w.asleep.Store(true)
			if p.epoch.Load() != seen && w.asleep.CompareAndSwap(true, false) {
				break // the loop began just now and its starter saw us awake
			}
			<-w.wake
		}
		seen = p.epoch.Load()
		if p.closed.Load() {
			return
		}
		if p.loop.join() {
			p.loop.share()
			p.loop.leave()
		}
	}
}

// box carries a loop's arguments to the workers.
type box[A any] struct {
	args A
	body func(a *A, lo, hi int)
	home *stock[box[A]]
}

// boxes maps a nil *A to the *stock[box[A]] of unused boxes.
var boxes sync.Map

func boxOf[A any](args A, body func(a *A, lo, hi int)) *box[A] {
	key := any((*A)(nil))
	home, ok := boxes.Load(key)
	if !ok {
		home, _ = boxes.LoadOrStore(key, new(stock[box[A]]))
	}
	b := home.(*stock[box[A]]).take()
	*b = box[A]{args: args, body: body, home: home.(*stock[box[A]])}
	return b
}

func (b *box[A]) chunk(lo, hi int) { b.body(&b.args, lo, hi) }

// put returns the box to its stock, without the memory its arguments referred to.
func (b *box[A]) put() {
	b.args, b.body = *new(A), nil
	b.home.put(b)
}
