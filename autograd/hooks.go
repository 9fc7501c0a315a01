package autograd

import (
	"strings"

	"inkstone/tensor"
)

// OnValue calls hook with every result as soon as it is computed, before anything reads it;
// nil removes the hook. The hook may read the value or change it in place.
func (t *Tape) OnValue(hook func(v *Variable)) { t.onValue = hook }

// OnGrad calls hook with every variable whose gradient is complete, before it flows
// further; nil removes the hook. The hook may read the gradient or change it in place.
func (t *Tape) OnGrad(hook func(v *Variable, grad *tensor.Tensor)) { t.onGrad = hook }

// Trace makes the tape note in which module each result was made (see Variable.Scope), at
// the cost of a string for each.
func (t *Tape) Trace(on bool) { t.tracing = on }

// Enter notes that the operations that follow, until Leave, belong to a module.
func (t *Tape) Enter(module string) { t.scope = append(t.scope, module) }

// Leave ends the module entered last.
func (t *Tape) Leave() { t.scope = t.scope[:len(t.scope)-1] }

// path returns the modules the tape is in, such as "transformer/h.0/attn".
func (t *Tape) path() string { return strings.Join(t.scope, "/") }
