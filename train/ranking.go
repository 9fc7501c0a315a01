package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A Ranking is a prompt with answers to it, at least two and the best first: what a person, or
// whoever plays one, preferred.
type Ranking struct {
	Prompt  []int32
	Answers [][]int32
}

// Check reports what makes a ranking useless for a model of that vocabulary and context.
func (r Ranking) Check(vocab, context int) error {
	if len(r.Prompt) == 0 {
		return errors.New("the prompt has no tokens")
	}
	if len(r.Answers) < 2 {
		return fmt.Errorf("%d answers, want at least 2 to prefer one", len(r.Answers))
	}
	longest := 0
	for i, a := range r.Answers {
		if len(a) == 0 {
			return fmt.Errorf("answer %d has no tokens", i+1)
		}
		for j, b := range r.Answers[:i] {
			if slices.Equal(a, b) {
				return fmt.Errorf("answers %d and %d are the same tokens", j+1, i+1)
			}
		}
		longest = max(longest, len(a))
	}
	if n := len(r.Prompt); n+longest > context {
		return fmt.Errorf("a prompt of %d tokens with an answer of %d, the model's context is %d; shorten them or leave them out", n, longest, context)
	}
	for _, ids := range append([][]int32{r.Prompt}, r.Answers...) {
		for _, id := range ids {
			if id < 0 || int(id) >= vocab {
				return fmt.Errorf("token %d is outside the model's vocabulary of %d", id, vocab)
			}
		}
	}
	return nil
}

// sequences returns the prompt with each of the answers.
func (r Ranking) sequences() [][]int32 {
	all := make([][]int32, len(r.Answers))
	for i, a := range r.Answers {
		all[i] = slices.Concat(r.Prompt, a)
	}
	return all
}

// ReadRankings reads JSONL files of preferences, of which each line is one of
//
//	{"prompt": "…", "chosen": "…", "rejected": "…"}
//	{"prompt": "…", "ranked": ["best", …, "worst"]}
//
// A list "answers" beside "ranked" says which answers there were to rank. Other keys are
// ignored. A line that cannot be learned from is an error "file:line: what".
func ReadRankings(paths []string, d *Dialogue, vocab, context int) ([]Ranking, error) {
	var all []Ranking
	for _, path := range paths {
		err := ReadJSONL(path, func(_ int, object []byte) error {
			prompt, answers, err := parseRanking(object)
			if err != nil {
				return err
			}
			r := Ranking{}
			if r.Prompt, err = d.Prompt(prompt); err != nil {
				return err
			}
			for _, text := range answers {
				a, err := d.Answer(text)
				if err != nil {
					return err
				}
				r.Answers = append(r.Answers, a)
			}
			if err := r.Check(vocab, context); err != nil {
				return err
			}
			all = append(all, r)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// parseRanking returns a line's prompt and its answers, the best first.
func parseRanking(object []byte) (prompt string, answers []string, err error) {
	var line struct {
		Prompt   *string  `json:"prompt"`
		Chosen   *string  `json:"chosen"`
		Rejected *string  `json:"rejected"`
		Ranked   []string `json:"ranked"`
		Answers  []string `json:"answers"`
	}
	if err := json.Unmarshal(object, &line); err != nil {
		return "", nil, err
	}
	pair := line.Chosen != nil || line.Rejected != nil
	switch {
	case line.Prompt == nil:
		return "", nil, errors.New(`no "prompt" in the object`)
	case pair && line.Ranked != nil:
		return "", nil, errors.New(`both "ranked" and a pair of "chosen" and "rejected": want one of them`)
	case pair && (line.Chosen == nil || line.Rejected == nil):
		return "", nil, errors.New(`want both "chosen" and "rejected"`)
	case pair:
		answers = []string{*line.Chosen, *line.Rejected}
	case line.Ranked == nil:
		return "", nil, errors.New(`want "chosen" and "rejected", or "ranked"`)
	default:
		answers = line.Ranked
	}
	for i, a := range answers {
		if a == "" {
			return "", nil, fmt.Errorf("answer %d is empty", i+1)
		}
		if j := slices.Index(answers[:i], a); j >= 0 {
			return "", nil, fmt.Errorf("answers %d and %d are the same: %.40q", j+1, i+1, a)
		}
		if line.Answers != nil && !slices.Contains(line.Answers, a) {
			return "", nil, fmt.Errorf(`unknown answer %.40q: it is ranked but not among "answers"`, a)
		}
	}
	return *line.Prompt, answers, nil
}
