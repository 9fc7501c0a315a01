package jinja

import (
	"errors"
	"fmt"
)

// Bounds of what a template may do.
const (
	maxDepth = 100     // of nesting, in the template and in the values
	maxWork  = 1 << 20 // operations and characters of a Render,
	// and for each character that it is given, as many more:
	workPerChar = 32
)

// A Template can be rendered many times, by several goroutines at once.
type Template struct{ body []statement }

// Parse reads a template. Errors name the line.
func Parse(source string) (*Template, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, fmt.Errorf("jinja: %w", err)
	}
	p := &parser{tokens: tokens}
	body, err := p.block()
	if err == nil && p.peek().kind != end {
		err = p.errorf("unexpected %q", p.peekWord())
	}
	if err != nil {
		return nil, fmt.Errorf("jinja: %w", err)
	}
	return &Template{body}, nil
}

// Render renders the template with values by name: nil, bool, int, string, Text, []any and
// map[string]any, nested as one likes. It always ends: with an error where a
// template computes without end.
func (t *Template) Render(values map[string]any) (Text, error) {
	work := maxWork
	e := &env{work: &work, names: map[string]any{}}
	for name, v := range values {
		own, err := e.take(v)
		if err != nil {
			return nil, fmt.Errorf("jinja: %s: %w", name, err)
		}
		e.names[name] = own
	}
	if err := e.run(t.body); err != nil {
		return nil, fmt.Errorf("jinja: %w", err)
	}
	return e.out, nil
}

// take turns a Go value into a template's.
func (e *env) take(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case Text:
		*e.work += workPerChar * len(v)
		return v, nil
	case int:
		return int64(v), nil
	case string:
		return NewText(v, 0), nil
	case []any:
		l := &list{}
		for _, x := range v {
			own, err := e.take(x)
			if err != nil {
				return nil, err
			}
			l.items = append(l.items, own)
		}
		return l, nil
	case map[string]any:
		all := map[string]any{}
		for key, x := range v {
			own, err := e.take(x)
			if err != nil {
				return nil, err
			}
			all[key] = own
		}
		return dictOf(all), nil
	}
	return nil, fmt.Errorf("a %T is no value of a template", v)
}

// An env is what a template sees while it runs: names, those of the surrounding blocks
// behind them, and the text so far.
type env struct {
	names map[string]any
	outer *env
	out   Text
	depth int  // of macros that called each other
	work  *int // left, of the whole Render
}

// inner returns an environment for a block of its own.
func (e *env) inner() *env {
	return &env{names: map[string]any{}, outer: e, depth: e.depth, work: e.work}
}

func (e *env) get(name string) any {
	for ; e != nil; e = e.outer {
		if v, ok := e.names[name]; ok {
			return v
		}
	}
	if f, ok := functions[name]; ok {
		return f
	}
	return undefined{}
}

var errWork = errors.New("the template computes without end: it was stopped")

// spend takes n from the work that is left.
func (e *env) spend(n int) error {
	if *e.work -= n; *e.work < 0 {
		return errWork
	}
	return nil
}

// write adds to the text.
func (e *env) write(t Text) error {
	e.out = append(e.out, t...)
	return e.spend(len(t))
}

// A statement does something; an expression yields a value.
type (
	statement  func(e *env) error
	expression func(e *env) (any, error)
)

func (e *env) run(body []statement) error {
	for _, s := range body {
		if err := e.spend(1); err != nil {
			return err
		}
		if err := s(e); err != nil {
			return err
		}
	}
	return nil
}
