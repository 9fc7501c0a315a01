package jinja

import (
	"strings"
	"testing"
	"time"
)

func render(t *testing.T, source string, values map[string]any) string {
	t.Helper()
	template, err := Parse(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	text, err := template.Render(values)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return text.String()
}

// TestLanguage: what Jinja and Python say these are.
func TestLanguage(t *testing.T) {
	values := map[string]any{
		"name": "Ada", "n": 7, "none": nil, "list": []any{"a", "b", "c"}, "map": map[string]any{"x": 1, "y": "two"},
		"people": []any{map[string]any{"role": "u", "age": 3}, map[string]any{"role": "v", "age": 4}},
	}
	for source, want := range map[string]string{
		"hello {{ name }}!": "hello Ada!",
		"{# note #}a":       "a",
		"{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ n - 1 }}":                                              "7 3 -4 2 3.5 6",
		"{{ 'a' ~ 1 ~ none }} {{ 'ab' * 2 }} {{ 'a' 'b' }}":                                                                            "a1None abab ab",
		"{{ 1 < 2 and not 2 == 3 }} {{ '' or 'x' }} {{ 0 and y }} {{ 'b' in list }} {{ 'z' not in name }}":                             "True x 0 True True",
		"{{ list[0] }}{{ list[-1] }}{{ list[1:] | join('-') }}{{ list[::-1]|join }}{{ name[:2] }}{{ list[9] }}":                        "acb-ccbaAd",
		"{{ map.x }}{{ map['y'] }}{{ map.get('z', 5) }}{{ map.nothing }}":                                                              "1two5",
		"{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}":                                                                    "x=1;y=two;",
		"{% for x in list if x != 'b' %}{{ loop.index }}{{ x }}{{ ',' if not loop.last }}{% endfor %}":                                 "1a,2c",
		"{% for x in [] %}x{% else %}none{% endfor %}":                                                                                 "none",
		"{% for x in range(9) %}{% if x == 2 %}{% continue %}{% elif x > 3 %}{% break %}{% else %}{{ x }}{% endif %}{% endfor %}":      "013",
		"{% set x = 1 %}{% for i in list %}{% set x = 2 %}{% endfor %}{{ x }}":                                                         "1",
		"{% set ns = namespace(x=1) %}{% for i in list %}{% set ns.x = ns.x + 1 %}{% endfor %}{{ ns.x }}":                              "4",
		"{% set x %}a{{ n }}{% endset %}[{{ x }}]":                                                                                     "[a7]",
		"{% macro f(a, b='!') %}{{ a }}{{ b }}{% endmacro %}{{ f('x') }}{{ f('y', b='?') }}":                                           "x!y?",
		"{{ ' a b ' | trim }}|{{ ' a '.strip() }}|{{ 'xax'.strip('x') }}|{{ 'a,b'.split(',')[1] }}|{{ ' a  b '.split()|length }}":      "a b|a|a|b|2",
		"{{ 'aXbX'.replace('X', '--') }} {{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('b') }} {{ name|upper }} {{ 'ada lo'|title }}": "a--b-- True False ADA Ada Lo",
		"{{ undef is defined }} {{ none is none }} {{ name is string }} {{ map is mapping }} {{ n is odd }} {{ name is not none }}":    "False True True True True True",
		"{{ undef | default('d') }} {{ '' | default('e', true) }} {{ list | length }} {{ '12' | int + 1 }}":                            "d e 3 13",
		`{{ {"a": [1, true, none, "q\"é"]} | tojson }}`:                                                                                `{"a": [1, true, null, "q\"é"]}`,
		"{{ people | map(attribute='age') | join('+') }} {{ (people | selectattr('role', 'equalto', 'v') | first).age }}":              "3+4 4",
		"a\n{% if true %}\nb\n{% endif %}\nc\n":                                                                                        "a\nb\nc",
		"a\n  {% if true %}\n  b\n  {%- endif %}\nc":                                                                                   "a\n  bc",
		"a  {{- n -}}  b {{ n }}\nc":           "a7b 7\nc",
		"  {%+ if true %}x{% endif %}":         "  x",
		"{{ 'a\\n\\u00e9\\'' }}":               "a\né'",
		"{% generation %}x{% endgeneration %}": "x",
		"{{ {'a': {'b': 1}}}}":                 `{"a": {"b": 1}}`,
	} {
		if got := render(t, source, values); got != want {
			t.Errorf("%s\n gives %q\n  want %q", source, got, want)
		}
	}
}

// TestOrigins: characters keep their origin through everything a template does to them.
func TestOrigins(t *testing.T) {
	template, err := Parse("{% set x = '<' + s.strip().replace('b', '[b]') + '>' %}{{ x|upper }}{{ [s] | tojson }}")
	if err != nil {
		t.Fatal(err)
	}
	text, err := template.Render(map[string]any{"s": NewText(" ab\xffc\n", 5)})
	if err != nil {
		t.Fatal(err)
	}
	from := ""
	for _, c := range text {
		from += string(rune('0' + c.From))
	}
	if got, want := text.String(), "<A[B]\xffC>[\" ab\xffc\\n\"]"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if want := "05000550" + "00" + "5555555" + "00"; from != want {
		t.Errorf("origins %s, want %s", from, want)
	}
}

// TestRefusals: what is wrong is said, with its line where the template is at fault.
func TestRefusals(t *testing.T) {
	for source, want := range map[string]string{
		"a\n{{ x":                               "line 2: the tag does not end",
		"a\n{# x":                               "line 2: the comment does not end",
		"{{ 'x }}":                              "the string does not end",
		"\n{% if x %}":                          "line 2: the template ends before endif",
		"{% endfor %}":                          `unknown tag "endfor"`,
		"{% include 'x' %}":                     `unknown tag "include"`,
		"{{ x | nothing }}":                     `unknown filter "nothing"`,
		"{{ x is funny }}":                      `unknown test "funny"`,
		"{{ 1 + }}":                             "want a value",
		"{{ x ? y }}":                           `unexpected '?'`,
		"{{ raise_exception('only u') }}":       "the template refuses: only u",
		"{{ 1 + 'a' }}":                         "a number + a string",
		"{{ x.y }}":                             `undefined has no attribute "y"`,
		"{{ x() }}":                             "undefined cannot be called",
		"{{ 1 // 0 }}":                          "division by zero",
		"{% set a, b = [1] %}":                  "1 values for 2 names",
		"{{" + strings.Repeat("(", 5000) + "}}": "nested deeper than",
		"{{" + strings.Repeat("not ", 5000) + "}}": "nested deeper than",
		"{{" + strings.Repeat("-", 5000) + "1}}":   "nested deeper than",
		"{{" + strings.Repeat("[", 5000) + "}}":    "nested deeper than",
		strings.Repeat("{% if x %}", 5000):         "nested deeper than",
		"\xff":                                     "not UTF-8",
	} {
		template, err := Parse(source)
		if err == nil {
			_, err = template.Render(nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: error %v, want %q", source, err, want)
		}
	}
}

// endless are templates that would take all time or memory.
var endless = []string{
	"{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
	"{{ range(1000000000000) }}",
	"{{ 'x' * 100000000000 }}",
	"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
	"{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
	"{% set n = namespace(s='xx') %}{% for i in range(100) %}{% set n.s = n.s + n.s %}{% endfor %}",
	"{% set n = namespace(s=[1]) %}{% for i in range(90) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
	"{% set n = namespace(s=[1], t=[1]) %}{% for i in range(90) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.s == n.t }}{{ 1 }}",
	"{% set n = namespace() %}{% set n.n = n %}{{ n }}",
	"{% set n = namespace(s='x' * 1000000) %}{% for i in range(1000000) %}{{ n.s.replace('x', 'yy')|length }}{% endfor %}",
	"{% set s = 'x' * 1000000 %}{% for i in range(1000000) %}{{ s < s }}{{ s in s }}{{ s == s }}{{ s.split('x')|length }}{% endfor %}",
}

// TestEndless: they end, in an error, soon.
func TestEndless(t *testing.T) {
	for _, source := range endless {
		template, err := Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err = template.Render(nil); err == nil {
			t.Errorf("%.60s: no error", source)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%.60s: took %v", source, d)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range append(endless, "{% for m in messages %}{{ m.role }}{{ m['content'] | trim }}{% endfor %}", "{{ [1,2][::-1] }}", "{% set x %}{% endset %}{{ {'a':1} }}",
		"{# #}{%- if a is not defined -%}{% elif b %}{% else %}{% endif %}", "{% macro f(a,b=1) %}{% endmacro %}{{ f(1,b=2) }}") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		template, err := Parse(source)
		if err != nil {
			return
		}
		values := map[string]any{"messages": []any{map[string]any{"role": "user", "content": NewText("hi\xff", 1)}}}
		start := time.Now()
		template.Render(values)
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("took %v", d)
		}
	})
}
