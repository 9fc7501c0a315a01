package cuda

import (
	"errors"
	"fmt"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// result is a CUresult.
type result int32

const (
	success           result = 0
	outOfMemory       result = 2
	deinitialized     result = 4
	deviceUnavailable result = 46
	noDevice          result = 100
	noBinary          result = 209
	eccUncorrectable  result = 214
	nvlink            result = 220
	unsupportedPTX    result = 222
	notReady          result = 600
	illegalAddress    result = 700
	launchResources   result = 701
	launchTimeout     result = 702
	contextDestroyed  result = 709
	assertion         result = 710
	hardwareStack     result = 714
	illegalInstr      result = 715
	misaligned        result = 716
	invalidSpace      result = 717
	invalidPC         result = 718
	launchFailed      result = 719
	externalDevice    result = 911
	unknown           result = 999
)

// cause returns what kind of error a result is, for errors.Is. After those of the last kind the
// context is of no use any more (CUDA Driver API, CUresult).
func (r result) cause() error {
	switch r {
	case outOfMemory:
		return driver.ErrOutOfMemory
	case unsupportedPTX, noBinary, launchResources:
		return driver.ErrUnsupported
	case deinitialized, deviceUnavailable, eccUncorrectable, nvlink, illegalAddress, launchTimeout, contextDestroyed, assertion,
		hardwareStack, illegalInstr, misaligned, invalidSpace, invalidPC, launchFailed, externalDevice, unknown:
		return driver.ErrDeviceLost
	}
	return nil
}

// err returns the error of a function that failed, with the driver's name and words for it.
func (f *functions) err(c *dl.Caller, op string, r uintptr) error {
	code := result(r)
	if code == success {
		return nil
	}
	var a dl.Arena
	defer a.Free()
	text, at := dl.New[uintptr](&a)
	say := func(fn dl.Func) string {
		*text = 0
		if fn == 0 || result(c.Call(fn, uintptr(code), at)) != success {
			return ""
		}
		return dl.GoString(*text)
	}
	e := &driver.Error{Op: op, Code: int(code), Name: say(f.GetErrorName)}
	words := say(f.GetErrorString)
	switch cause := code.cause(); {
	case cause != nil && words != "":
		e.Err = fmt.Errorf("%w: %s", cause, words)
	case cause != nil:
		e.Err = cause
	case words != "":
		e.Err = errors.New(words)
	}
	return e
}
