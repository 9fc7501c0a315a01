package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"

	"github.com/alecthomas/kong"
)

// settings is a --config flag: a JSON file that is either a model's config.json or an object
// of flags by name, which flags on the command line override.
type settings string

// BeforeResolve makes kong take flags from the file.
func (s settings) BeforeResolve(k *kong.Kong, ctx *kong.Context, trace *kong.Path) error {
	path := string(ctx.FlagValue(trace.Flag).(settings))
	values, err := readSettings(path)
	if err != nil {
		return err
	}
	if _, model := values["model_type"]; model {
		return nil
	}
	if err := checkSettings(path, values, ctx.Flags()); err != nil {
		return err
	}
	ctx.AddResolver(settingsResolver(values))
	return nil
}

// checkSettings reports a name that is no flag, with the nearest one there is, and words
// where a number belongs.
func checkSettings(path string, values map[string]any, flags []*kong.Flag) error {
	kinds := map[string]reflect.Kind{}
	for _, f := range flags {
		kinds[f.Name] = f.Target.Kind()
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		kind, ok := kinds[key]
		if !ok {
			return fmt.Errorf("%s: unknown setting %q%s", path, key, suggestion(key, slices.Collect(maps.Keys(kinds))))
		}
		number := kind >= reflect.Int && kind <= reflect.Float64
		if _, ok := values[key].(float64); number && !ok {
			return fmt.Errorf("%s: setting %q is %#v, want a number", path, key, values[key])
		}
	}
	return nil
}

// isModel reports whether the file is a model's config.json.
func (s settings) isModel() bool {
	if s == "" {
		return false
	}
	values, err := readSettings(string(s))
	_, model := values["model_type"]
	return err == nil && model
}

func readSettings(path string) (map[string]any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var values map[string]any
	if err := json.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("%s: want an object of flags by name: %w", path, err)
	}
	return values, nil
}

// A settingsResolver gives kong the values of flags.
type settingsResolver map[string]any

// Validate is part of kong.Resolver.
func (settingsResolver) Validate(*kong.Application) error { return nil }

// Resolve returns a flag's value, nil if the file says nothing of it.
func (r settingsResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	return r[flag.Name], nil
}

// suggestion names the word nearest to a mistyped one, if one is near.
func suggestion(word string, words []string) string {
	best, least := "", 1+len(word)/3
	for _, w := range words {
		if d := editDistance(word, w); d <= least && (best == "" || d < editDistance(word, best)) {
			best = w
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// editDistance counts the letters to insert, delete or replace to turn a into b
// (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
