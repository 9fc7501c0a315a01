package dl

import (
	"fmt"
	"strings"
)

// Lib is a loaded library. It is never unloaded: drivers leave threads behind.
type Lib struct {
	loader *Loader
	handle uintptr
	name   string
}

// Func is the address of a C function.
type Func uintptr

// Open loads the first of the names that can be loaded, with its symbols kept apart from
// other libraries' (RTLD_LOCAL). The error wraps ErrNoLibrary and says for every name what
// the dynamic loader said. Signal handlers that a library installs as it loads are undone.
func (l *Loader) Open(names ...string) (*Lib, error) { return l.openFirst(names, false) }

// OpenGlobal works like Open and lets libraries that are loaded later see the symbols
// (RTLD_GLOBAL), which MPI's plug-ins need.
func (l *Loader) OpenGlobal(names ...string) (*Lib, error) { return l.openFirst(names, true) }

func (l *Loader) openFirst(names []string, global bool) (lib *Lib, err error) {
	var why []string
	l.Do(func(c *Caller) {
		for _, name := range names {
			handle, err := c.open(name, global)
			if err == nil {
				lib = &Lib{loader: l, handle: handle, name: name}
				return
			}
			text := err.Error()
			if !strings.Contains(text, name) {
				text = name + ": " + text
			}
			why = append(why, text)
		}
	})
	if lib == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoLibrary, strings.Join(why, "; "))
	}
	return lib, nil
}

// Name returns the name under which the library was opened.
func (lib *Lib) Name() string { return lib.name }

// Sym returns the address of a function; the error wraps ErrNoSymbol.
func (lib *Lib) Sym(name string) (f Func, err error) {
	lib.loader.Do(func(c *Caller) { f, err = c.symbol(lib.handle, name) })
	if err != nil {
		return 0, fmt.Errorf("%w: %s in %s: %v", ErrNoSymbol, name, lib.name, err)
	}
	return f, nil
}
