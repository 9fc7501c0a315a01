package train

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ReadPrompts reads JSONL files of prompts, {"prompt": "…"} a line, as the tokens that ask
// for an answer. Other keys are ignored, so that files of rankings and of answers serve too.
// One that leaves no room in the context for an answer is refused. Errors read
// "file:line: what".
func ReadPrompts(paths []string, d *Dialogue, context, answer int) ([][]int32, error) {
	var all [][]int32
	for _, path := range paths {
		err := ReadJSONL(path, func(_ int, object []byte) error {
			text, err := parsePrompt(object)
			if err != nil {
				return err
			}
			ids, err := d.Prompt(text)
			if err != nil {
				return err
			}
			if len(ids)+answer > context {
				return fmt.Errorf("a prompt of %d tokens with an answer of up to %d, the model's context is %d; shorten one of them", len(ids), answer, context)
			}
			all = append(all, ids)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func parsePrompt(object []byte) (string, error) {
	var line struct {
		Prompt *string `json:"prompt"`
	}
	if err := json.Unmarshal(object, &line); err != nil {
		return "", err
	}
	if line.Prompt == nil {
		return "", errors.New(`no "prompt" in the object`)
	}
	if *line.Prompt == "" {
		return "", errors.New("the prompt is empty")
	}
	return *line.Prompt, nil
}
