package jinja

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSource bounds the bytes of a template; the longest in use have a fiftieth of it.
const maxSource = 1 << 20

// A token is a piece of a template: text between tags, a tag's delimiter, or what stands in
// a tag.
type token struct {
	kind kind
	text string // of a string literal, what it stands for
	line int
}

type kind int

const (
	end     kind = iota
	literal      // text outside of tags
	opening      // {{ or {%
	closing      // }} or %}
	word
	number
	quoted
	symbol // an operator or a bracket
)

func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isLetter(b byte) bool { return b == '_' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

// symbols are the operators, the longer first.
var symbols = []string{"==", "!=", "<=", ">=", "//", "<", ">", "=", "+", "-", "*", "/", "%", "~", "|", ".", ",", ":", "(", ")", "[", "]", "{", "}"}

// A lexer cuts a template into tokens.
type lexer struct {
	rest   string
	line   int
	tokens []token
	// What the tag before the text asks to take off its beginning: all white space, or one
	// newline.
	trimAll, trimLine bool
}

func lex(source string) ([]token, error) {
	switch {
	case len(source) > maxSource:
		return nil, fmt.Errorf("the template has %d bytes, more than %d", len(source), maxSource)
	case !utf8.ValidString(source):
		return nil, fmt.Errorf("the template is not UTF-8")
	}
	source = strings.ReplaceAll(source, "\r\n", "\n")
	l := &lexer{rest: strings.TrimSuffix(source, "\n"), line: 1}
	for l.rest != "" {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.add(end, "")
	return l.tokens, nil
}

func (l *lexer) add(k kind, text string) { l.tokens = append(l.tokens, token{k, text, l.line}) }

// skip passes over n bytes.
func (l *lexer) skip(n int) {
	l.line += strings.Count(l.rest[:n], "\n")
	l.rest = l.rest[n:]
}

// next takes text up to a tag, and the tag.
func (l *lexer) next() error {
	at := len(l.rest)
	for _, open := range []string{"{{", "{%", "{#"} {
		if i := strings.Index(l.rest, open); i >= 0 {
			at = min(at, i)
		}
	}
	shown, tag := l.rest[:at], ""
	if at < len(l.rest) {
		tag = l.rest[at : at+2]
	}
	mark := byte(0)
	if at+2 < len(l.rest) {
		mark = l.rest[at+2]
	}
	if mark == '-' {
		shown = strings.TrimRightFunc(shown, isSpace)
	} else if tag == "{%" || tag == "{#" {
		if mark != '+' { // a tag alone on its line takes no place
			bare := strings.TrimRight(shown, " \t")
			if bare == "" && len(l.tokens) == 0 || strings.HasSuffix(bare, "\n") {
				shown = bare
			}
		}
	}
	switch {
	case l.trimAll:
		shown = strings.TrimLeftFunc(shown, isSpace)
	case l.trimLine:
		shown = strings.TrimPrefix(shown, "\n")
	}
	l.trimAll, l.trimLine = false, false
	if shown != "" {
		l.add(literal, shown)
	}
	l.skip(at)
	if tag == "" {
		return nil
	}
	line := l.line
	l.skip(2)
	if tag == "{#" {
		n := strings.Index(l.rest, "#}")
		if n < 0 {
			return fmt.Errorf("line %d: the comment does not end", line)
		}
		l.trimAll = n > 0 && l.rest[n-1] == '-'
		l.trimLine = !l.trimAll
		l.skip(n + 2)
		return nil
	}
	if mark == '-' || mark == '+' {
		l.skip(1)
	}
	l.add(opening, tag)
	return l.tag(line, map[string]string{"{{": "}}", "{%": "%}"}[tag])
}

// tag takes what stands in a tag that began on a line, and its end.
func (l *lexer) tag(began int, closer string) error {
	depth := 0 // of braces: {{ {'a': {}}}} ends at the last two
	for {
		l.skip(len(l.rest) - len(strings.TrimLeftFunc(l.rest, isSpace)))
		if l.rest == "" {
			return fmt.Errorf("line %d: the tag does not end", began)
		}
		after, dash := strings.CutPrefix(l.rest, "-")
		if depth == 0 && strings.HasPrefix(after, closer) {
			l.skip(len(l.rest) - len(after) + 2)
			l.trimAll, l.trimLine = dash, !dash && closer == "%}"
			l.add(closing, closer)
			return nil
		}
		c := l.rest[0]
		switch {
		case c == '\'' || c == '"':
			if err := l.quoted(); err != nil {
				return err
			}
		case isLetter(c):
			l.word(word, func(c byte) bool { return isLetter(c) || isDigit(c) })
		case isDigit(c):
			l.number()
		default:
			s := ""
			for _, s = range symbols {
				if strings.HasPrefix(l.rest, s) {
					break
				}
				s = ""
			}
			switch s {
			case "":
				r, _ := utf8.DecodeRuneInString(l.rest)
				return fmt.Errorf("line %d: unexpected %q", l.line, r)
			case "{":
				depth++
			case "}":
				depth--
			}
			l.add(symbol, s)
			l.skip(len(s))
		}
	}
}

func (l *lexer) word(k kind, in func(byte) bool) {
	n := 1
	for n < len(l.rest) && in(l.rest[n]) {
		n++
	}
	l.add(k, l.rest[:n])
	l.skip(n)
}

// number takes digits, and a fraction if there is one.
func (l *lexer) number() {
	point := false
	n := 1
	for ; n < len(l.rest); n++ {
		if c := l.rest[n]; c == '.' && !point && n+1 < len(l.rest) && isDigit(l.rest[n+1]) {
			point = true
		} else if !isDigit(c) {
			break
		}
	}
	l.add(number, l.rest[:n])
	l.skip(n)
}

// quoted takes a string in quotes.
func (l *lexer) quoted() error {
	quote := l.rest[0]
	var s strings.Builder
	for i := 1; i < len(l.rest); i++ {
		c := l.rest[i]
		switch {
		case c == quote:
			l.add(quoted, s.String())
			l.skip(i + 1)
			return nil
		case c == '\\' && i+1 < len(l.rest):
			i++
			switch e := l.rest[i]; e {
			case 'n':
				s.WriteByte('\n')
			case 't':
				s.WriteByte('\t')
			case 'r':
				s.WriteByte('\r')
			case '\\', '\'', '"':
				s.WriteByte(e)
			case 'u':
				var r rune
				if i+4 >= len(l.rest) {
					return fmt.Errorf("line %d: \\u wants four hexadecimal digits", l.line)
				}
				if _, err := fmt.Sscanf(l.rest[i+1:i+5], "%04x", &r); err != nil {
					return fmt.Errorf("line %d: \\u wants four hexadecimal digits", l.line)
				}
				s.WriteRune(r)
				i += 4
			default:
				s.WriteByte('\\')
				s.WriteByte(e)
			}
		default:
			s.WriteByte(c)
		}
	}
	return fmt.Errorf("line %d: the string does not end", l.line)
}
