package tensor

// A Mirror is the copy of a Buffer's contents in the memory of a device. The host's memory and
// the mirror are never both written: whoever is about to read asks for the newest contents,
// and whoever writes makes the other copy stale.
//
// Methods may be called by several goroutines at once, as CPU backends compute.
type Mirror interface {
	// Host makes b's host memory hold the newest contents, waiting for the device where it
	// has them. With write the device's copy is stale from then on.
	Host(b *Buffer, write bool)
	// Discard says that the contents are of no worth any more: neither copy is the newest
	// until one is written.
	Discard()
}

// A Device is a Backend that keeps tensors in memory of its own.
type Device interface {
	Backend
	// Attach gives a new buffer, without contents, a mirror on the device.
	Attach(b *Buffer)
	// Sample writes to ids [N] (Int32) a token for each row of logits [N, V], drawn where they
	// lie. Row i of choices [N, SampleFields] says how: a random number u in [0, 1), the inverse
	// of the temperature (0 for the likeliest token), top-k (0 for all), top-p (0 or 1 for all) and
	// min-p. The token is the first, by id, whose probability and those of the tokens before it
	// sum up to more than u. Sample reports whether the device has done so.
	Sample(ids, logits, choices *Tensor) bool
}

// SampleFields is how many numbers say how a token is drawn; see Device.Sample.
const SampleFields = 5

// Buffer returns the memory that t views.
func (t *Tensor) Buffer() *Buffer {
	if t.buf == nil {
		panic("tensor: use of a released tensor")
	}
	return t.buf
}

// Offset returns where t's first element lies in its buffer, counted in elements.
func (t *Tensor) Offset() int { return t.offset }

// Len returns the number of bytes in use.
func (b *Buffer) Len() int { return b.size }

// Cap returns the number of bytes that may come into use.
func (b *Buffer) Cap() int { return b.class }

// Mirror returns the copy on a device, or nil.
func (b *Buffer) Mirror() Mirror { return b.mirror }

// SetMirror gives the buffer a copy on a device. It must not be called while others use the
// buffer.
func (b *Buffer) SetMirror(m Mirror) { b.mirror = m }

// Memory returns the host's memory as it is, newest or not: for Mirrors, which bring it up to
// date. It must not be called by two goroutines at once.
func (b *Buffer) Memory() []byte {
	if b.mem == nil {
		b.mem = newMemory(b.class)
	}
	return b.mem[:b.size]
}

// host returns the host's memory with the newest contents.
func (b *Buffer) host(write bool) []byte {
	if b.mirror != nil {
		b.mirror.Host(b, write)
	}
	return b.mem[:b.size]
}

// onHost returns t's buffer with the newest contents in the host's memory.
func (t *Tensor) onHost(write bool) *Buffer {
	b := t.Buffer()
	b.host(write)
	return b
}
