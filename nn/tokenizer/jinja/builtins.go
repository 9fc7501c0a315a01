package jinja

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// functions are there under their names without being given.
var functions = map[string]function{
	"range": func(e *env, args []any, _ map[string]any) (any, error) {
		bounds := []int64{0, 0, 1}
		for i, a := range args {
			n, ok := a.(int64)
			if !ok || i == len(bounds) {
				return nil, errors.New("range wants up to three integers")
			}
			bounds[i] = n
		}
		if len(args) == 1 {
			bounds[0], bounds[1] = 0, bounds[0]
		}
		from, to, step := bounds[0], bounds[1], bounds[2]
		if step == 0 {
			return nil, errors.New("range with step 0")
		}
		step = min(max(step, -1<<40), 1<<40)
		l := &list{}
		for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
			if err := e.spend(1); err != nil {
				return nil, err
			}
			l.items = append(l.items, i)
		}
		return l, nil
	},
	"namespace": func(_ *env, _ []any, named map[string]any) (any, error) { return dictOf(named), nil },
	"raise_exception": func(e *env, args []any, _ map[string]any) (any, error) {
		what := Text{}
		if len(args) > 0 {
			var err error
			if what, err = e.text(args[0]); err != nil {
				return nil, err
			}
		}
		return nil, fmt.Errorf("the template refuses: %s", what)
	},
}

// elements returns what a for goes through.
func (e *env) elements(v any) ([]any, error) {
	switch v := v.(type) {
	case *list:
		return v.items, e.spend(len(v.items))
	case *dict:
		var keys []any
		for _, k := range v.keys {
			keys = append(keys, NewText(k, 0))
		}
		return keys, e.spend(len(keys))
	case Text:
		var chars []any
		for i := range v {
			chars = append(chars, v[i:i+1])
		}
		return chars, e.spend(len(chars))
	case undefined:
		return nil, nil
	}
	return nil, fmt.Errorf("%s has no elements to go through", typeName(v))
}

// argument returns an argument by place or name, undefined if it is not there.
func argument(args []any, named map[string]any, i int, name string) any {
	if i < len(args) {
		return args[i]
	}
	if v, ok := named[name]; ok {
		return v
	}
	return undefined{}
}

// filters are what can stand behind |.
var filters map[string]func(e *env, v any, args []any, named map[string]any) (any, error)

// tests are what can stand behind is.
var tests = map[string]func(e *env, v any, args []any) (bool, error){
	"defined":   func(_ *env, v any, _ []any) (bool, error) { return v != undefined{}, nil },
	"undefined": func(_ *env, v any, _ []any) (bool, error) { return v == undefined{}, nil },
	"none":      func(_ *env, v any, _ []any) (bool, error) { return v == nil, nil },
	"true":      func(_ *env, v any, _ []any) (bool, error) { return v == true, nil },
	"false":     func(_ *env, v any, _ []any) (bool, error) { return v == false, nil },
	"string":    isA[Text],
	"mapping":   isA[*dict],
	"boolean":   isA[bool],
	"integer":   isA[int64],
	"float":     isA[float64],
	"callable":  isA[function],
	"number":    isNumber,
	"sequence":  isSequence,
	"iterable":  isSequence,
	"odd":       func(_ *env, v any, _ []any) (bool, error) { n, ok := v.(int64); return ok && n%2 != 0, nil },
	"even":      func(_ *env, v any, _ []any) (bool, error) { n, ok := v.(int64); return ok && n%2 == 0, nil },
	"equalto":   equalTo,
	"eq":        equalTo,
	"in": func(e *env, v any, args []any) (bool, error) {
		return e.contains(argument(args, nil, 0, ""), v)
	},
}

func isA[T any](_ *env, v any, _ []any) (bool, error) {
	_, ok := v.(T)
	return ok, nil
}

func isNumber(_ *env, v any, _ []any) (bool, error) {
	_, ok := asFloat(v)
	return ok, nil
}

func isSequence(_ *env, v any, _ []any) (bool, error) {
	switch v.(type) {
	case Text, *list, *dict:
		return true, nil
	}
	return false, nil
}

func equalTo(e *env, v any, args []any) (bool, error) {
	return e.equal(v, argument(args, nil, 0, ""), 0), nil
}

func init() { // filters look filters and tests up
	filters = map[string]func(e *env, v any, args []any, named map[string]any) (any, error){
		"length": length,
		"count":  length,
		"default": func(_ *env, v any, args []any, named map[string]any) (any, error) {
			if v == (undefined{}) || truth(argument(args, named, 1, "boolean")) && !truth(v) {
				return argument(args, named, 0, "default_value"), nil
			}
			return v, nil
		},
		"string": func(e *env, v any, _ []any, _ map[string]any) (any, error) { return e.text(v) },
		"safe":   func(_ *env, v any, _ []any, _ map[string]any) (any, error) { return v, nil },
		"int": func(_ *env, v any, _ []any, _ map[string]any) (any, error) {
			if t, ok := v.(Text); ok {
				n, err := strconv.ParseInt(strings.TrimSpace(t.String()), 10, 64)
				if err != nil {
					return int64(0), nil
				}
				return n, nil
			}
			x, _ := asFloat(v)
			if !(math.Abs(x) < 1<<53) {
				return nil, errors.New("the number is too large")
			}
			return int64(x), nil
		},
		"tojson": func(e *env, v any, args []any, named map[string]any) (any, error) {
			if argument(args, named, 0, "indent") != any(undefined{}) {
				return nil, errors.New("indent is not supported")
			}
			return e.json(v, 0)
		},
		"list": func(e *env, v any, _ []any, _ map[string]any) (any, error) {
			items, err := e.elements(v)
			return &list{append([]any{}, items...)}, err
		},
		"first": func(e *env, v any, _ []any, _ map[string]any) (any, error) {
			items, err := e.elements(v)
			if len(items) == 0 {
				return undefined{}, err
			}
			return items[0], err
		},
		"last": func(e *env, v any, _ []any, _ map[string]any) (any, error) {
			items, err := e.elements(v)
			if len(items) == 0 {
				return undefined{}, err
			}
			return items[len(items)-1], err
		},
		"reverse": func(e *env, v any, _ []any, _ map[string]any) (any, error) {
			return e.slice(v, [3]any{nil, nil, int64(-1)})
		},
		"items": func(_ *env, v any, _ []any, _ map[string]any) (any, error) {
			d, ok := v.(*dict)
			if !ok {
				return nil, fmt.Errorf("%s is no mapping", typeName(v))
			}
			return d.items(), nil
		},
		"join":       join,
		"map":        mapFilter,
		"selectattr": func(e *env, v any, args []any, _ map[string]any) (any, error) { return e.selectBy(v, args, true) },
		"rejectattr": func(e *env, v any, args []any, _ map[string]any) (any, error) { return e.selectBy(v, args, false) },
	}
	filters["d"] = filters["default"]
	for filter, name := range map[string]string{"trim": "strip", "upper": "upper", "lower": "lower", "title": "title", "capitalize": "capitalize", "replace": "replace"} {
		filters[filter] = func(e *env, v any, args []any, named map[string]any) (any, error) {
			t, err := e.text(v)
			if err != nil {
				return nil, err
			}
			return methods[name](e, t, args)
		}
	}
}

func length(_ *env, v any, _ []any, _ map[string]any) (any, error) {
	switch v := v.(type) {
	case Text:
		return int64(len(v)), nil
	case *list:
		return int64(len(v.items)), nil
	case *dict:
		return int64(len(v.keys)), nil
	case undefined:
		return int64(0), nil
	}
	return nil, fmt.Errorf("%s has no length", typeName(v))
}

func join(e *env, v any, args []any, named map[string]any) (any, error) {
	items, err := e.elements(v)
	if err != nil {
		return nil, err
	}
	between, err := e.text(argument(args, named, 0, "d"))
	if err != nil {
		return nil, err
	}
	var out Text
	for i, x := range items {
		if i > 0 {
			out = append(out, between...)
		}
		part, err := e.text(x)
		if err != nil {
			return nil, err
		}
		if err := e.spend(len(part) + len(between)); err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

// mapFilter is map(attribute="role") and map("trim").
func mapFilter(e *env, v any, args []any, named map[string]any) (any, error) {
	items, err := e.elements(v)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, x := range items {
		if name, ok := named["attribute"]; ok {
			out[i], err = element(x, name)
		} else if name, ok := argument(args, nil, 0, "").(Text); ok && filters[name.String()] != nil {
			if err := e.spend(1); err != nil {
				return nil, err
			}
			out[i], err = filters[name.String()](e, x, args[1:], nil)
		} else {
			err = errors.New("want attribute=… or a filter's name")
		}
		if err != nil {
			return nil, err
		}
	}
	return &list{out}, nil
}

// selectBy keeps the elements whose attribute passes a test, or those that fail it.
func (e *env) selectBy(v any, args []any, keep bool) (any, error) {
	items, err := e.elements(v)
	if err != nil {
		return nil, err
	}
	out := &list{}
	for _, x := range items {
		a, err := element(x, argument(args, nil, 0, ""))
		if err != nil {
			return nil, err
		}
		yes := truth(a)
		if name, ok := argument(args, nil, 1, "").(Text); ok {
			test, ok := tests[name.String()]
			if name.String() == "==" {
				test, ok = equalTo, true
			}
			if !ok {
				return nil, fmt.Errorf("unknown test %q", name)
			}
			if yes, err = test(e, a, args[2:]); err != nil {
				return nil, err
			}
		}
		if yes == keep {
			out.items = append(out.items, x)
		}
	}
	return out, nil
}

// method returns v.name as a function, undefined if there is none.
func method(v any, name string) any {
	switch v := v.(type) {
	case Text:
		if m, ok := methods[name]; ok {
			return function(func(e *env, args []any, _ map[string]any) (any, error) {
				out, err := m(e, v, args)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				return out, nil
			})
		}
	case *dict:
		switch name {
		case "items":
			return function(func(*env, []any, map[string]any) (any, error) { return v.items(), nil })
		case "keys":
			return function(func(e *env, _ []any, _ map[string]any) (any, error) {
				keys, err := e.elements(v)
				return &list{keys}, err
			})
		case "get":
			return function(func(_ *env, args []any, _ map[string]any) (any, error) {
				key, ok := argument(args, nil, 0, "").(Text)
				if !ok {
					return nil, errors.New("get wants a key")
				}
				if value, ok := v.values[key.String()]; ok {
					return value, nil
				}
				if len(args) > 1 {
					return args[1], nil
				}
				return nil, nil
			})
		}
	}
	return undefined{}
}

// methods are those of strings. Their work is at most the product of two lengths.
var methods = map[string]func(e *env, t Text, args []any) (any, error){
	"strip":  func(e *env, t Text, args []any) (any, error) { return trimmed(e, t, args, true, true) },
	"lstrip": func(e *env, t Text, args []any) (any, error) { return trimmed(e, t, args, true, false) },
	"rstrip": func(e *env, t Text, args []any) (any, error) { return trimmed(e, t, args, false, true) },
	"upper": func(e *env, t Text, _ []any) (any, error) {
		return mapRunes(t, func(_ int, r rune) rune { return unicode.ToUpper(r) }), e.spend(len(t))
	},
	"lower": func(e *env, t Text, _ []any) (any, error) {
		return mapRunes(t, func(_ int, r rune) rune { return unicode.ToLower(r) }), e.spend(len(t))
	},
	"capitalize": func(e *env, t Text, _ []any) (any, error) {
		return mapRunes(t, func(i int, r rune) rune {
			if i == 0 {
				return unicode.ToUpper(r)
			}
			return unicode.ToLower(r)
		}), e.spend(len(t))
	},
	"title": func(e *env, t Text, _ []any) (any, error) {
		return mapRunes(t, func(i int, r rune) rune {
			if i == 0 || !unicode.IsLetter(t[i-1].rune) {
				return unicode.ToUpper(r)
			}
			return unicode.ToLower(r)
		}), e.spend(len(t))
	},
	"startswith": func(e *env, t Text, args []any) (any, error) {
		part, err := part(args, 0)
		if err == nil {
			err = e.spend(len(part))
		}
		return hasPrefix(t, part), err
	},
	"endswith": func(e *env, t Text, args []any) (any, error) {
		part, err := part(args, 0)
		if err == nil {
			err = e.spend(len(part))
		}
		return len(t) >= len(part) && hasPrefix(t[len(t)-len(part):], part), err
	},
	"split": func(e *env, t Text, args []any) (any, error) {
		var sep Text
		if len(args) > 0 && args[0] != nil {
			var err error
			if sep, err = part(args, 0); err != nil {
				return nil, err
			}
			if len(sep) == 0 {
				return nil, errors.New("the separator is empty")
			}
		}
		most := -1
		if n, ok := argument(args, nil, 1, "").(int64); ok {
			most = int(min(n, math.MaxInt32))
		}
		if err := e.search(t, sep); err != nil {
			return nil, err
		}
		return &list{split(t, sep, most)}, nil
	},
	"replace": func(e *env, t Text, args []any) (any, error) {
		old, err := part(args, 0)
		if err != nil {
			return nil, err
		}
		new, err := part(args, 1)
		if err != nil {
			return nil, err
		}
		if len(old) == 0 {
			return nil, errors.New("what to replace is empty")
		}
		if err := e.search(t, old); err != nil {
			return nil, err
		}
		return join(e, &list{split(t, old, -1)}, []any{new}, nil)
	},
}

// search pays for looking for a part in a text.
func (e *env) search(t, part Text) error {
	if len(t) > maxWork || len(part) > maxWork {
		return errWork
	}
	return e.spend(len(t) * max(1, len(part)/8))
}

// part returns an argument that must be a string.
func part(args []any, i int) (Text, error) {
	t, ok := argument(args, nil, i, "").(Text)
	if !ok {
		return nil, fmt.Errorf("want a string, not %s", typeName(argument(args, nil, i, "")))
	}
	return t, nil
}

func trimmed(e *env, t Text, args []any, left, right bool) (any, error) {
	var set Text
	if len(args) > 0 && args[0] != nil {
		var err error
		if set, err = part(args, 0); err != nil {
			return nil, err
		}
	}
	if err := e.search(t, set); err != nil {
		return nil, err
	}
	return trim(t, set, left, right), nil
}
