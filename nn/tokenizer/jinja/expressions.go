package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// expression takes a if b else c and everything that binds tighter.
func (p *parser) expression() (expression, error) {
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	a, err := p.or()
	if err != nil || !p.accept("if") {
		return a, err
	}
	b, err := p.or()
	if err != nil {
		return nil, err
	}
	c := expression(func(*env) (any, error) { return undefined{}, nil })
	if p.accept("else") {
		if c, err = p.expression(); err != nil {
			return nil, err
		}
	}
	return func(e *env) (any, error) {
		v, err := b(e)
		if err != nil {
			return nil, err
		}
		if truth(v) {
			return a(e)
		}
		return c(e)
	}, nil
}

func (p *parser) or() (expression, error) { return p.logic("or", true, p.and) }

func (p *parser) and() (expression, error) { return p.logic("and", false, p.not) }

// logic takes a or b or …: the first value that decides, or the last one.
func (p *parser) logic(word string, decides bool, operand func() (expression, error)) (expression, error) {
	a, err := operand()
	if err != nil || !p.accept(word) {
		return a, err
	}
	all := []expression{a}
	for more := true; more; more = p.accept(word) {
		b, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return func(e *env) (v any, err error) {
		for _, x := range all {
			if v, err = x(e); err != nil || truth(v) == decides {
				return v, err
			}
		}
		return v, nil
	}, nil
}

func (p *parser) not() (expression, error) {
	if !p.accept("not") {
		return p.comparison()
	}
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	a, err := p.not()
	if err != nil {
		return nil, err
	}
	return func(e *env) (any, error) {
		v, err := a(e)
		return !truth(v), err
	}, nil
}

// comparison takes a < b, a in b, a not in b.
func (p *parser) comparison() (expression, error) {
	a, err := p.sum()
	if err != nil {
		return nil, err
	}
	for {
		op := ""
		for _, s := range []string{"==", "!=", "<=", ">=", "<", ">", "in", "not"} {
			if p.accept(s) {
				op = s
				break
			}
		}
		if op == "" {
			return a, nil
		}
		if op == "not" {
			if err := p.expect("in"); err != nil {
				return nil, err
			}
		}
		b, err := p.sum()
		if err != nil {
			return nil, err
		}
		a = binary(a, b, func(e *env, x, y any) (any, error) { return e.compare(op, x, y) })
	}
}

func binary(a, b expression, f func(e *env, x, y any) (any, error)) expression {
	return func(e *env) (any, error) {
		x, err := a(e)
		if err != nil {
			return nil, err
		}
		y, err := b(e)
		if err != nil {
			return nil, err
		}
		if err := e.spend(1); err != nil {
			return nil, err
		}
		return f(e, x, y)
	}
}

func (e *env) compare(op string, x, y any) (any, error) {
	switch op {
	case "==":
		return e.equal(x, y, 0), nil
	case "!=":
		return !e.equal(x, y, 0), nil
	case "in":
		return e.contains(y, x)
	case "not":
		in, err := e.contains(y, x)
		return !in, err
	case "<":
		return e.less(x, y)
	case ">":
		return e.less(y, x)
	case "<=":
		more, err := e.less(y, x)
		return !more, err
	default: // >=
		lower, err := e.less(x, y)
		return !lower, err
	}
}

// contains tells whether a string has a part, a list an element or a mapping a key.
func (e *env) contains(whole, part any) (bool, error) {
	switch w := whole.(type) {
	case Text:
		p, ok := part.(Text)
		return ok && e.search(w, p) == nil && index(w, p) >= 0, e.spend(1)
	case *list:
		for _, x := range w.items {
			if e.equal(x, part, 0) {
				return true, nil
			}
		}
		return false, e.spend(len(w.items))
	case *dict:
		p, ok := part.(Text)
		if !ok {
			return false, nil
		}
		_, ok = w.values[p.String()]
		return ok, nil
	case undefined:
		return false, nil
	}
	return false, fmt.Errorf("in: %s holds nothing", typeName(whole))
}

// operators takes operands joined by some operators, from the left.
func (p *parser) operators(ops []string, operand func() (expression, error)) (expression, error) {
	a, err := operand()
	if err != nil {
		return nil, err
	}
	for {
		op := ""
		for _, s := range ops {
			if p.accept(s) {
				op = s
				break
			}
		}
		if op == "" {
			return a, nil
		}
		b, err := operand()
		if err != nil {
			return nil, err
		}
		a = binary(a, b, func(e *env, x, y any) (any, error) { return e.calculate(op, x, y) })
	}
}

func (p *parser) sum() (expression, error) {
	return p.operators([]string{"+", "-", "~"}, func() (expression, error) {
		return p.operators([]string{"*", "//", "/", "%"}, p.unary)
	})
}

func (p *parser) unary() (expression, error) {
	if !p.accept("-") {
		return p.filtered()
	}
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	a, err := p.unary()
	if err != nil {
		return nil, err
	}
	zero := expression(func(*env) (any, error) { return int64(0), nil })
	return binary(zero, a, func(e *env, x, y any) (any, error) { return e.calculate("-", x, y) }), nil
}

// calculate works out x op y.
func (e *env) calculate(op string, x, y any) (any, error) {
	if op == "~" {
		return e.join(x, y)
	}
	switch a := x.(type) {
	case Text:
		if b, ok := y.(Text); ok && op == "+" {
			return e.join(a, b)
		}
		if n, ok := y.(int64); ok && op == "*" {
			var out Text
			for range n {
				if err := e.spend(len(a) + 1); err != nil {
					return nil, err
				}
				out = append(out, a...)
			}
			return out, nil
		}
	case *list:
		if b, ok := y.(*list); ok && op == "+" {
			return &list{append(append([]any{}, a.items...), b.items...)}, e.spend(len(a.items) + len(b.items))
		}
	}
	if a, ok := x.(int64); ok {
		if b, ok := y.(int64); ok && op != "/" {
			return integers(op, a, b)
		}
	}
	a, ok := asFloat(x)
	b, ok2 := asFloat(y)
	if !ok || !ok2 {
		return nil, fmt.Errorf("%s %s %s: these do not go together", typeName(x), op, typeName(y))
	}
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "/":
		if b == 0 {
			return nil, fmt.Errorf("division by zero")
		}
		return a / b, nil
	}
	return nil, fmt.Errorf("%s is for integers", op)
}

func integers(op string, a, b int64) (any, error) {
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	}
	if b == 0 {
		return nil, fmt.Errorf("division by zero")
	}
	if b == -1 {
		b, a = 1, -a // the least integer has no opposite
	}
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b // Python rounds down
	}
	if op == "%" {
		return m, nil
	}
	return (a - m) / b, nil
}

// join prints two values one after the other.
func (e *env) join(x, y any) (Text, error) {
	a, err := e.text(x)
	if err != nil {
		return nil, err
	}
	b, err := e.text(y)
	if err != nil {
		return nil, err
	}
	return append(append(make(Text, 0, len(a)+len(b)), a...), b...), e.spend(len(a) + len(b))
}

// filtered takes x | filter | filter(…) and x is test.
func (p *parser) filtered() (expression, error) {
	x, err := p.postfix()
	if err != nil {
		return nil, err
	}
	for {
		switch {
		case p.accept("|"):
			x, err = p.filter(x)
		case p.accept("is"):
			x, err = p.test(x)
		default:
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) filter(x expression) (expression, error) {
	name, err := p.word()
	if err != nil {
		return nil, err
	}
	f, ok := filters[name]
	if !ok {
		return nil, p.errorf("unknown filter %q", name)
	}
	var args arguments
	if p.accept("(") {
		if args, err = p.arguments(); err != nil {
			return nil, err
		}
	}
	return args.call(x, func(e *env, v any, given []any, named map[string]any) (any, error) {
		out, err := f(e, v, given, named)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return out, nil
	}), nil
}

// test takes the rest of x is [not] defined, x is equalto(y).
func (p *parser) test(x expression) (expression, error) {
	negated := p.accept("not")
	name, err := p.word()
	if err != nil {
		return nil, err
	}
	test, ok := tests[name]
	if !ok {
		return nil, p.errorf("unknown test %q", name)
	}
	var args arguments
	if p.accept("(") {
		if args, err = p.arguments(); err != nil {
			return nil, err
		}
	}
	return args.call(x, func(e *env, v any, given []any, _ map[string]any) (any, error) {
		yes, err := test(e, v, given)
		return yes != negated, err
	}), nil
}

// postfix takes a value and what hangs on it: .name, [index], [from:to], (arguments).
func (p *parser) postfix() (expression, error) {
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	for {
		switch {
		case p.accept("."):
			var name string
			if name, err = p.word(); err == nil {
				x = attribute(x, name)
			}
		case p.accept("["):
			x, err = p.subscript(x)
		case p.accept("("):
			var args arguments
			args, err = p.arguments()
			x = args.call(x, func(e *env, v any, given []any, named map[string]any) (any, error) {
				f, ok := v.(function)
				if !ok {
					return nil, fmt.Errorf("%s cannot be called", typeName(v))
				}
				return f(e, given, named)
			})
		default:
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// attribute is x.name: a mapping's value or a method.
func attribute(x expression, name string) expression {
	return func(e *env) (any, error) {
		v, err := x(e)
		if err != nil {
			return nil, err
		}
		if d, ok := v.(*dict); ok {
			if value, ok := d.values[name]; ok {
				return value, nil
			}
		}
		if _, ok := v.(undefined); ok {
			return nil, fmt.Errorf("undefined has no attribute %q", name)
		}
		return method(v, name), nil
	}
}

// subscript takes the rest of x[i] or x[from:to:step].
func (p *parser) subscript(x expression) (expression, error) {
	var parts [3]expression
	n, colons := 0, 0
	for !p.accept("]") {
		var err error
		if p.accept(":") {
			if n, colons = n+1, colons+1; n == len(parts) {
				return nil, p.errorf("a slice has at most three parts")
			}
		} else if parts[n] != nil {
			return nil, p.errorf("want %q, found %q", "]", p.peek().text)
		} else if parts[n], err = p.expression(); err != nil {
			return nil, err
		}
	}
	if colons == 0 && parts[0] == nil {
		return nil, p.errorf("[] without an index")
	}
	return func(e *env) (any, error) {
		v, err := x(e)
		if err != nil {
			return nil, err
		}
		var given [3]any
		for i, part := range parts {
			if part != nil {
				if given[i], err = part(e); err != nil {
					return nil, err
				}
			}
		}
		if colons > 0 {
			return e.slice(v, given)
		}
		return element(v, given[0])
	}, nil
}

// element is v[i].
func element(v, i any) (any, error) {
	if d, ok := v.(*dict); ok {
		if key, ok := i.(Text); ok {
			return d.get(key.String()), nil
		}
		return undefined{}, nil
	}
	n, ok := i.(int64)
	if !ok {
		return nil, fmt.Errorf("%s[%s]: this is no index", typeName(v), typeName(i))
	}
	at := func(length int) (int, bool) {
		if n < 0 {
			n += int64(length)
		}
		return int(n), 0 <= n && n < int64(length)
	}
	switch v := v.(type) {
	case *list:
		if k, ok := at(len(v.items)); ok {
			return v.items[k], nil
		}
		return undefined{}, nil
	case Text:
		if k, ok := at(len(v)); ok {
			return v[k : k+1], nil
		}
		return undefined{}, nil
	}
	return nil, fmt.Errorf("%s has no elements", typeName(v))
}

// slice is v[from:to:step], as in Python.
func (e *env) slice(v any, given [3]any) (any, error) {
	length := 0
	switch v := v.(type) {
	case *list:
		length = len(v.items)
	case Text:
		length = len(v)
	default:
		return nil, fmt.Errorf("%s cannot be cut", typeName(v))
	}
	var bound [3]int64
	for i, g := range given {
		n, ok := g.(int64)
		if g != nil && !ok {
			return nil, fmt.Errorf("%s is no place to cut", typeName(g))
		}
		bound[i] = n
	}
	step := bound[2]
	if given[2] == nil {
		step = 1
	}
	if step == 0 {
		return nil, fmt.Errorf("a slice with step 0")
	}
	low, high := int64(0), int64(length)
	if step < 0 {
		low, high = -1, int64(length)-1
	}
	clip := func(i int, otherwise int64) int64 {
		if given[i] == nil {
			return otherwise
		}
		n := bound[i]
		if n < 0 {
			n += int64(length)
		}
		return min(max(n, low), high)
	}
	from, to := clip(0, low), clip(1, high)
	if step < 0 {
		from, to = clip(0, high), clip(1, low)
	}
	step = min(max(step, -1<<40), 1<<40)
	var picked []int64
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		picked = append(picked, i)
	}
	if err := e.spend(len(picked) + 1); err != nil {
		return nil, err
	}
	if t, ok := v.(Text); ok {
		out := make(Text, len(picked))
		for i, k := range picked {
			out[i] = t[k]
		}
		return out, nil
	}
	out := make([]any, len(picked))
	for i, k := range picked {
		out[i] = v.(*list).items[k]
	}
	return &list{out}, nil
}

// arguments are what stands in the brackets of a call.
type arguments struct {
	places []expression
	names  map[string]expression
}

// arguments takes the rest of f(x, y=z).
func (p *parser) arguments() (args arguments, err error) {
	args.names = map[string]expression{}
	for !p.accept(")") {
		name := ""
		if t := p.peek(); t.kind == word && p.tokens[p.at+1].kind == symbol && p.tokens[p.at+1].text == "=" {
			name = t.text
			p.at += 2
		}
		x, err := p.expression()
		if err != nil {
			return args, err
		}
		if name != "" {
			args.names[name] = x
		} else {
			args.places = append(args.places, x)
		}
		if !p.accept(",") {
			return args, p.expect(")")
		}
	}
	return args, nil
}

// call works out a value and arguments and hands them to f.
func (a arguments) call(x expression, f func(e *env, v any, given []any, named map[string]any) (any, error)) expression {
	return func(e *env) (any, error) {
		if err := e.spend(1); err != nil {
			return nil, err
		}
		v, err := x(e)
		if err != nil {
			return nil, err
		}
		given := make([]any, len(a.places))
		for i, place := range a.places {
			if given[i], err = place(e); err != nil {
				return nil, err
			}
		}
		named := map[string]any{}
		for name, place := range a.names {
			if named[name], err = place(e); err != nil {
				return nil, err
			}
		}
		return f(e, v, given, named)
	}
}

// primary takes a name, a literal, or an expression in brackets.
func (p *parser) primary() (expression, error) {
	constant := func(v any) (expression, error) { return func(*env) (any, error) { return v, nil }, nil }
	t := p.take()
	switch t.kind {
	case quoted:
		text := t.text
		for p.peek().kind == quoted { // 'a' 'b' is 'ab'
			text += p.take().text
		}
		return constant(NewText(text, 0))
	case number:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			return constant(n)
		}
		x, err := strconv.ParseFloat(t.text, 64)
		if err != nil || math.IsInf(x, 0) {
			return nil, fmt.Errorf("line %d: the number %.20s is too large", t.line, t.text)
		}
		return constant(x)
	case word:
		switch strings.ToLower(t.text) {
		case "true":
			return constant(true)
		case "false":
			return constant(false)
		case "none":
			return constant(nil)
		}
		return func(e *env) (any, error) { return e.get(t.text), nil }, nil
	case symbol:
		switch t.text {
		case "(", "[":
			return p.sequence(t.text)
		case "{":
			return p.mapping()
		}
	}
	return nil, fmt.Errorf("line %d: want a value, found %q", t.line, t.text)
}

// sequence takes the rest of (x), (x, y) or [x, y].
func (p *parser) sequence(open string) (expression, error) {
	closer := map[string]string{"(": ")", "[": "]"}[open]
	var all []expression
	comma := open == "["
	for !p.accept(closer) {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		all = append(all, x)
		if !p.accept(",") {
			if err := p.expect(closer); err != nil {
				return nil, err
			}
			break
		}
		comma = true
	}
	if !comma && len(all) == 1 {
		return all[0], nil
	}
	return func(e *env) (any, error) {
		l := &list{items: make([]any, len(all))}
		for i, x := range all {
			v, err := x(e)
			if err != nil {
				return nil, err
			}
			l.items[i] = v
		}
		return l, e.spend(len(all))
	}, nil
}

// mapping takes the rest of {key: value, …}.
func (p *parser) mapping() (expression, error) {
	var all [][2]expression
	for !p.accept("}") {
		key, err := p.expression()
		if err != nil {
			return nil, err
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		v, err := p.expression()
		if err != nil {
			return nil, err
		}
		all = append(all, [2]expression{key, v})
		if !p.accept(",") {
			if err := p.expect("}"); err != nil {
				return nil, err
			}
			break
		}
	}
	return func(e *env) (any, error) {
		d := newDict()
		for _, pair := range all {
			key, err := pair[0](e)
			if err != nil {
				return nil, err
			}
			text, ok := key.(Text)
			if !ok {
				return nil, fmt.Errorf("%s is no key of a mapping", typeName(key))
			}
			v, err := pair[1](e)
			if err != nil {
				return nil, err
			}
			d.set(text.String(), v)
		}
		return d, e.spend(len(all))
	}, nil
}
