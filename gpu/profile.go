package gpu

type recorder struct{}

func (r *recorder) begin(d *Device, kernel string, work int64, operands []access) {}
func (r *recorder) end(d *Device)                                                 {}
func (r *recorder) landed(done uint64)                                            {}
