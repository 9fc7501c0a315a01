package gpu

import (
	"inkstone/gpu/driver"
)

const (
	stagingSize  = 16 << 20 // bytes of a block
	stagingPiece = 8 << 20  // bytes that are copied at once
)

// lend returns staging memory, which collect takes back when the list being recorded is done.
func (d *Device) lend(n int64) (*piece, error) {
	d.poll()
	d.collect()
	p := d.staging.take(n)
	if p == nil && d.staging.held >= 4*stagingSize && len(d.lent) > 0 {
		d.wait(d.lent[0].used) // rather than taking ever more
		d.collect()
		p = d.staging.take(n)
	}
	if p == nil {
		var err error
		if p, err = d.allocFrom(d.staging, n); err != nil {
			return nil, err
		}
	}
	p.used = d.recording
	d.lent = append(d.lent, p)
	return p, nil
}

// collect takes back staging memory of lists that are done.
func (d *Device) collect() {
	n := 0
	for n < len(d.lent) && d.lent[n].used <= d.done {
		d.staging.give(d.lent[n])
		n++
	}
	d.lent = append(d.lent[:0], d.lent[n:]...)
}

// upload copies data to a place on the device.
func (d *Device) upload(p *piece, data []byte) error {
	d.stats.Uploaded += int64(len(data))
	if host := p.block.mem.Bytes(); host != nil {
		if d.poll(); p.used <= d.done {
			copy(host[p.at:], data)
			return nil
		}
	}
	for at := int64(0); len(data) > 0; {
		n := min(int64(len(data)), stagingPiece)
		s, err := d.lend(n)
		if err != nil {
			return err
		}
		copy(s.block.mem.Bytes()[s.at:], data[:n])
		d.copy(p.part(at, n), s.part(0, n))
		p.used = d.recording
		at, data = at+n, data[n:]
	}
	return d.err
}

// download copies from a place on the device, which list number written is the last to write.
func (d *Device) download(data []byte, p *piece, written uint64) error {
	d.stats.Downloaded += int64(len(data))
	if host := p.block.mem.Bytes(); host != nil {
		d.wait(written)
		if d.err == nil {
			copy(data, host[p.at:])
		}
		return d.err
	}
	for at := int64(0); len(data) > 0 && d.err == nil; {
		n := min(int64(len(data)), stagingPiece)
		s, err := d.lend(n)
		if err != nil {
			return err
		}
		d.copy(s.part(0, n), p.part(at, n))
		d.wait(d.recording)
		if d.err == nil {
			copy(data[:n], s.block.mem.Bytes()[s.at:])
		}
		at, data = at+n, data[n:]
	}
	return d.err
}

// part returns the range of n bytes of a piece.
func (p *piece) part(at, n int64) driver.Range {
	return driver.Range{Mem: p.block.mem, Offset: p.at + at, Len: n}
}
