package jinja

import (
	"errors"
	"fmt"
	"slices"
)

// A parser turns tokens into statements.
type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

// peekWord returns the next token's text; in front of a tag, the tag's first word.
func (p *parser) peekWord() string {
	if t := p.peek(); t.kind != opening || p.at+1 == len(p.tokens) {
		return t.text
	}
	return p.tokens[p.at+1].text
}

// take returns the next token and passes over it.
func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// accept passes over a name or symbol if it comes next.
func (p *parser) accept(text string) bool {
	if t := p.peek(); (t.kind == word || t.kind == symbol) && t.text == text {
		p.at++
		return true
	}
	return false
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", p.peek().line, fmt.Errorf(format, args...))
}

// expect passes over what must come next.
func (p *parser) expect(text string) error {
	if t := p.peek(); t.kind == closing && t.text == text || p.accept(text) {
		if t.kind == closing {
			p.at++
		}
		return nil
	}
	return p.errorf("want %q, found %q", text, p.peek().text)
}

// word takes a name.
func (p *parser) word() (string, error) {
	if p.peek().kind != word {
		return "", p.errorf("want a name, found %q", p.peek().text)
	}
	return p.take().text, nil
}

// deeper guards against nesting without end; the caller calls what it returns at its end.
func (p *parser) deeper() (func(), error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.errorf("nested deeper than %d", maxDepth)
	}
	return func() { p.depth-- }, nil
}

// block takes statements up to a tag that begins with one of the words, which it leaves, or
// to the end.
func (p *parser) block(until ...string) ([]statement, error) {
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	body := []statement{}
	for {
		t := p.peek()
		switch {
		case t.kind == end && len(until) > 0:
			return nil, p.errorf("the template ends before %s", until[len(until)-1])
		case t.kind == end, t.kind == opening && t.text == "{%" && slices.Contains(until, p.peekWord()):
			return body, nil
		}
		s, err := p.statement()
		if err != nil {
			return nil, err
		}
		body = append(body, s)
	}
}

// closeBlock takes the tag that ends a block.
func (p *parser) closeBlock(word string) error {
	p.take() // {%
	if err := p.expect(word); err != nil {
		return err
	}
	return p.expect("%}")
}

func (p *parser) statement() (statement, error) {
	t := p.take()
	if t.kind == literal {
		text := NewText(t.text, 0)
		return func(e *env) error { return e.write(text) }, nil
	}
	if t.text == "{{" {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		return func(e *env) error {
			v, err := x(e)
			if err != nil {
				return err
			}
			text, err := e.text(v)
			if err != nil {
				return err
			}
			return e.write(text)
		}, p.expect("}}")
	}
	word, err := p.word()
	if err != nil {
		return nil, err
	}
	switch word {
	case "if":
		return p.ifStatement()
	case "for":
		return p.forStatement()
	case "set":
		return p.set()
	case "macro":
		return p.macro()
	case "generation": // marks answers, for libraries that mask by it
		if err := p.expect("%}"); err != nil {
			return nil, err
		}
		body, err := p.block("endgeneration")
		if err != nil {
			return nil, err
		}
		return func(e *env) error { return e.run(body) }, p.closeBlock("endgeneration")
	case "break":
		return func(*env) error { return errBreak }, p.expect("%}")
	case "continue":
		return func(*env) error { return errContinue }, p.expect("%}")
	}
	return nil, fmt.Errorf("line %d: unknown tag %q", t.line, word)
}

// ifStatement takes the rest of {% if … %} … {% elif … %} … {% else %} … {% endif %}.
func (p *parser) ifStatement() (statement, error) {
	type branch struct {
		condition expression // nil for else
		body      []statement
	}
	var branches []branch
	for {
		var b branch
		var err error
		if len(branches) == 0 || p.accept("elif") {
			b.condition, err = p.expression()
		} else {
			err = p.expect("else")
		}
		if err == nil {
			err = p.expect("%}")
		}
		if err != nil {
			return nil, err
		}
		until := []string{"elif", "else", "endif"}
		if b.condition == nil {
			until = until[2:]
		}
		if b.body, err = p.block(until...); err != nil {
			return nil, err
		}
		branches = append(branches, b)
		if p.peekWord() == "endif" {
			break
		}
		p.take() // {%
	}
	return func(e *env) error {
		for _, b := range branches {
			if b.condition == nil {
				return e.run(b.body)
			}
			v, err := b.condition(e)
			if err != nil {
				return err
			}
			if truth(v) {
				return e.run(b.body)
			}
		}
		return nil
	}, p.closeBlock("endif")
}

var errBreak, errContinue = errors.New("break outside of a loop"), errors.New("continue outside of a loop")

// forStatement takes the rest of {% for x in list if … %} … {% else %} … {% endfor %}.
func (p *parser) forStatement() (statement, error) {
	names, err := p.targets()
	if err != nil {
		return nil, err
	}
	if err := p.expect("in"); err != nil {
		return nil, err
	}
	over, err := p.or() // no a if b: the if is the loop's
	if err != nil {
		return nil, err
	}
	var only expression
	if p.accept("if") {
		if only, err = p.expression(); err != nil {
			return nil, err
		}
	}
	if err := p.expect("%}"); err != nil {
		return nil, err
	}
	body, err := p.block("else", "endfor")
	if err != nil {
		return nil, err
	}
	var none []statement
	if p.peekWord() == "else" {
		if err := p.closeBlock("else"); err != nil {
			return nil, err
		}
		if none, err = p.block("endfor"); err != nil {
			return nil, err
		}
	}
	return func(e *env) error {
		v, err := over(e)
		if err != nil {
			return err
		}
		items, err := e.elements(v)
		if err != nil {
			return err
		}
		if only != nil {
			if items, err = e.filter(items, names, only); err != nil {
				return err
			}
		}
		if len(items) == 0 {
			return e.run(none)
		}
		return e.loop(items, names, body)
	}, p.closeBlock("endfor")
}

// targets takes x or x, y.
func (p *parser) targets() ([]string, error) {
	brackets := p.accept("(")
	var names []string
	for {
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		names = append(names, w)
		if !p.accept(",") {
			break
		}
	}
	if brackets {
		return names, p.expect(")")
	}
	return names, nil
}

// bind gives names to a value or to its parts.
func (e *env) bind(names []string, v any) error {
	if len(names) == 1 {
		e.names[names[0]] = v
		return nil
	}
	parts, err := e.elements(v)
	if err != nil {
		return err
	}
	if len(parts) != len(names) {
		return fmt.Errorf("%d values for %d names", len(parts), len(names))
	}
	for i, n := range names {
		e.names[n] = parts[i]
	}
	return nil
}

// filter keeps the items for which an expression is true.
func (e *env) filter(items []any, names []string, only expression) ([]any, error) {
	var kept []any
	for _, x := range items {
		in := e.inner()
		if err := in.bind(names, x); err != nil {
			return nil, err
		}
		v, err := only(in)
		if err != nil {
			return nil, err
		}
		if truth(v) {
			kept = append(kept, x)
		}
	}
	return kept, nil
}

// loop runs a body for each item. What it sets is gone after each turn, but for namespaces.
func (e *env) loop(items []any, names []string, body []statement) error {
	for i, x := range items {
		in := e.inner()
		if err := in.bind(names, x); err != nil {
			return err
		}
		d := newDict()
		d.set("index", int64(i+1))
		d.set("index0", int64(i))
		d.set("revindex", int64(len(items)-i))
		d.set("revindex0", int64(len(items)-i-1))
		d.set("first", i == 0)
		d.set("last", i == len(items)-1)
		d.set("length", int64(len(items)))
		if i > 0 {
			d.set("previtem", items[i-1])
		}
		if i+1 < len(items) {
			d.set("nextitem", items[i+1])
		}
		in.names["loop"] = d
		in.out = e.out
		err := in.spend(1)
		if err == nil {
			err = in.run(body)
		}
		e.out = in.out
		switch {
		case err == errBreak:
			return nil
		case err != nil && err != errContinue:
			return err
		}
	}
	return nil
}

// set takes the rest of {% set x = … %}, {% set space.x = … %} or {% set x %} … {% endset %}.
func (p *parser) set() (statement, error) {
	names, err := p.targets()
	if err != nil {
		return nil, err
	}
	attribute := ""
	if len(names) == 1 && p.accept(".") {
		if attribute, err = p.word(); err != nil {
			return nil, err
		}
	}
	if attribute == "" && len(names) == 1 && p.peek().kind == closing {
		if err := p.expect("%}"); err != nil {
			return nil, err
		}
		body, err := p.block("endset")
		if err != nil {
			return nil, err
		}
		return func(e *env) error {
			text, err := e.capture(body)
			e.names[names[0]] = text
			return err
		}, p.closeBlock("endset")
	}
	if err := p.expect("="); err != nil {
		return nil, err
	}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	return func(e *env) error {
		v, err := x(e)
		if err != nil {
			return err
		}
		if attribute == "" {
			return e.bind(names, v)
		}
		space, ok := e.get(names[0]).(*dict)
		if !ok {
			return fmt.Errorf("%s is %s, not a namespace", names[0], typeName(e.get(names[0])))
		}
		space.set(attribute, v)
		return nil
	}, p.expect("%}")
}

// capture returns what a body writes.
func (e *env) capture(body []statement) (Text, error) {
	before := e.out
	e.out = nil
	err := e.run(body)
	text := e.out
	e.out = before
	return text, err
}

// macro takes the rest of {% macro f(x, y=…) %} … {% endmacro %}.
func (p *parser) macro() (statement, error) {
	name, err := p.word()
	if err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var names []string
	defaults := map[string]expression{}
	for !p.accept(")") {
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		names = append(names, w)
		if p.accept("=") {
			if defaults[w], err = p.expression(); err != nil {
				return nil, err
			}
		}
		if !p.accept(",") {
			if err := p.expect(")"); err != nil {
				return nil, err
			}
			break
		}
	}
	if err := p.expect("%}"); err != nil {
		return nil, err
	}
	body, err := p.block("endmacro")
	if err != nil {
		return nil, err
	}
	return func(defined *env) error {
		defined.names[name] = function(func(caller *env, args []any, named map[string]any) (any, error) {
			in := defined.inner()
			if in.depth = caller.depth + 1; in.depth > maxDepth {
				return nil, fmt.Errorf("macro %s: calls nest deeper than %d", name, maxDepth)
			}
			if len(args) > len(names) {
				return nil, fmt.Errorf("macro %s takes %d arguments, not %d", name, len(names), len(args))
			}
			for i, n := range names {
				v, ok := named[n]
				switch {
				case i < len(args):
					v = args[i]
				case ok:
				case defaults[n] != nil:
					var err error
					if v, err = defaults[n](in); err != nil {
						return nil, err
					}
				default:
					v = undefined{}
				}
				in.names[n] = v
			}
			return in.capture(body)
		})
		return nil
	}, p.closeBlock("endmacro")
}
