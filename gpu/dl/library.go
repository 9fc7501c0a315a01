package dl

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
func (l *Loader) Open(names ...string) (*Lib, error) { return nil, ErrUnsupported }

// OpenGlobal works like Open and lets libraries that are loaded later see the symbols
// (RTLD_GLOBAL), which MPI's plug-ins need.
func (l *Loader) OpenGlobal(names ...string) (*Lib, error) { return nil, ErrUnsupported }

// Name returns the name under which the library was opened.
func (lib *Lib) Name() string { return lib.name }

// Sym returns the address of a function; the error wraps ErrNoSymbol.
func (lib *Lib) Sym(name string) (Func, error) { return 0, ErrUnsupported }
