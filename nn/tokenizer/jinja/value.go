package jinja

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// What an expression yields is undefined, nil (none), bool, int64, float64, Text, *list,
// *dict or function.

type (
	undefined struct{}
	list      struct{ items []any }
	function  func(e *env, args []any, named map[string]any) (any, error)
)

// A dict keeps its keys in the order in which they came.
type dict struct {
	keys   []string
	values map[string]any
}

func (d *dict) set(key string, v any) {
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = v
}

// get returns a key's value, undefined if it is not there.
func (d *dict) get(key string) any {
	if v, ok := d.values[key]; ok {
		return v
	}
	return undefined{}
}

// dictOf takes over a map, in the order of its keys.
func dictOf(values map[string]any) *dict {
	return &dict{keys: slices.Sorted(maps.Keys(values)), values: values}
}

func newDict() *dict { return &dict{values: map[string]any{}} }

// items returns pairs of keys and values.
func (d *dict) items() *list {
	l := &list{}
	for _, k := range d.keys {
		l.items = append(l.items, &list{[]any{NewText(k, 0), d.values[k]}})
	}
	return l
}

// truth tells what an if makes of a value.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case Text:
		return len(v) > 0
	case *list:
		return len(v.items) > 0
	case *dict:
		return len(v.keys) > 0
	case function:
		return true
	}
	return false // undefined, none
}

// typeName names a value's type, for errors.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "none"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case Text:
		return "a string"
	case *list:
		return "a list"
	case *dict:
		return "a mapping"
	case function:
		return "a function"
	}
	return "undefined"
}

// asFloat returns a number as a float, which booleans are too, as in Python.
func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// equal compares values.
func (e *env) equal(a, b any, depth int) bool {
	if depth > maxDepth || e.spend(1) != nil {
		return false
	}
	if x, ok := asFloat(a); ok {
		y, ok := asFloat(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case undefined:
		_, ok := b.(undefined)
		return ok
	case Text:
		b, ok := b.(Text)
		return ok && len(a) == len(b) && e.spend(len(a)) == nil && hasPrefix(a, b)
	case *list:
		b, ok := b.(*list)
		if !ok || len(a.items) != len(b.items) {
			return false
		}
		for i := range a.items {
			if !e.equal(a.items[i], b.items[i], depth+1) {
				return false
			}
		}
		return true
	case *dict:
		b, ok := b.(*dict)
		if !ok || len(a.keys) != len(b.keys) {
			return false
		}
		for _, k := range a.keys {
			if !e.equal(a.values[k], b.get(k), depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

// less orders numbers and strings.
func (e *env) less(a, b any) (bool, error) {
	if x, ok := asFloat(a); ok {
		if y, ok := asFloat(b); ok {
			return x < y, nil
		}
	}
	if x, ok := a.(Text); ok {
		if y, ok := b.(Text); ok {
			return x.String() < y.String(), e.spend(len(x) + len(y))
		}
	}
	return false, fmt.Errorf("%s and %s have no order", typeName(a), typeName(b))
}

// text returns a value as it is printed.
func (e *env) text(v any) (Text, error) {
	switch v := v.(type) {
	case Text:
		return v, nil
	case undefined:
		return nil, nil
	case nil:
		return NewText("None", 0), nil
	case bool:
		if v {
			return NewText("True", 0), nil
		}
		return NewText("False", 0), nil
	case int64:
		return NewText(strconv.FormatInt(v, 10), 0), nil
	case float64:
		return NewText(strconv.FormatFloat(v, 'g', -1, 64), 0), nil
	case function:
		return nil, fmt.Errorf("a function is no text")
	}
	return e.json(v, 0)
}

// json writes a value as JSON. What strings hold keeps its origin.
func (e *env) json(v any, depth int) (out Text, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("values nest deeper than %d", maxDepth)
	}
	add := func(s string) { out = append(out, NewText(s, 0)...) }
	switch v := v.(type) {
	case nil, undefined:
		add("null")
	case bool:
		add(strconv.FormatBool(v))
	case Text:
		add(`"`)
		for _, c := range v {
			switch c.rune {
			case '"', '\\':
				out = append(out, Char{'\\', c.From}, c)
			case '\n':
				out = append(out, Char{'\\', c.From}, Char{'n', c.From})
			case '\t':
				out = append(out, Char{'\\', c.From}, Char{'t', c.From})
			case '\r':
				out = append(out, Char{'\\', c.From}, Char{'r', c.From})
			default:
				if c.rune < ' ' {
					out = append(out, NewText(fmt.Sprintf("\\u%04x", c.rune), c.From)...)
				} else {
					out = append(out, c)
				}
			}
		}
		add(`"`)
	case *list:
		add("[")
		for i, x := range v.items {
			if i > 0 {
				add(", ")
			}
			part, err := e.json(x, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, part...)
		}
		add("]")
	case *dict:
		add("{")
		for i, k := range v.keys {
			if i > 0 {
				add(", ")
			}
			key, err := e.json(NewText(k, 0), depth+1)
			if err != nil {
				return nil, err
			}
			part, err := e.json(v.values[k], depth+1)
			if err != nil {
				return nil, err
			}
			out = append(append(append(out, key...), NewText(": ", 0)...), part...)
		}
		add("}")
	default:
		return e.text(v)
	}
	return out, e.spend(len(out) + 1)
}
