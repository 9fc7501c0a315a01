package tokenizer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// newByteBPE makes a byte-level BPE of pieces (bytes, by id) and rules, the earliest first.
func newByteBPE(pieces []string, special map[int32]string, rules [][2]string) (*BPE, error) {
	t, err := newBPE(pieces, special, rules)
	if err != nil {
		return nil, err
	}
	for b := range 256 {
		id, ok := t.ids[string([]byte{byte(b)})]
		if !ok {
			return nil, fmt.Errorf("no token for the byte 0x%02x", b)
		}
		t.ofByte[b] = id
	}
	return t, nil
}

func newBPE(pieces []string, special map[int32]string, rules [][2]string) (*BPE, error) {
	v, err := newVocabulary(pieces, special)
	if err != nil {
		return nil, err
	}
	t := &BPE{vocabulary: v, merges: make(map[pair]merge, len(rules))}
	for rank, r := range rules {
		left, ok1 := t.ids[r[0]]
		right, ok2 := t.ids[r[1]]
		id, ok3 := t.ids[r[0]+r[1]]
		if !ok1 || !ok2 || !ok3 {
			return nil, fmt.Errorf("merge %d: %q and %q: they, and what they make, must be tokens", rank, r[0], r[1])
		}
		if _, twice := t.merges[pair{left, right}]; !twice {
			t.merges[pair{left, right}] = merge{int32(rank), id}
		}
	}
	return t, nil
}

// rules returns the merges, the earliest first.
func (t *BPE) rules() [][2]string {
	type rule struct {
		pair
		rank int32
	}
	all := make([]rule, 0, len(t.merges))
	for p, m := range t.merges {
		all = append(all, rule{p, m.rank})
	}
	slices.SortFunc(all, func(a, b rule) int { return int(a.rank - b.rank) })
	texts := make([][2]string, len(all))
	for i, r := range all {
		texts[i] = [2]string{t.pieces[r.pair[0]], t.pieces[r.pair[1]]}
	}
	return texts
}

// NewSentencePiece makes a BPE of the SentencePiece kind from pieces with scores, as
// llama2.c's tokenizer files have them: of all neighbours that make a piece together, those
// with the best score are merged first. Pieces 0 to 2 are <unk>, <s> and </s>; those named
// <0x00> to <0xFF> stand for bytes. Texts begin with <s>.
func NewSentencePiece(pieces []string, scores []float32) (*BPE, error) {
	if len(pieces) != len(scores) || len(pieces) < 3 {
		return nil, fmt.Errorf("tokenizer: %d pieces and %d scores", len(pieces), len(scores))
	}
	special := map[int32]string{0: "<unk>", 1: "<s>", 2: "</s>"}
	order := make([]int, len(pieces)) // by score, the best first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	known := make(map[string]bool, len(pieces))
	for i, p := range pieces {
		if _, ok := special[int32(i)]; !ok {
			known[p] = true
		}
	}
	var rules [][2]string
	for _, i := range order {
		if _, ok := special[int32(i)]; ok || isByteName(pieces[i]) {
			continue
		}
		for cut := range pieces[i] { // at every character
			if cut > 0 && known[pieces[i][:cut]] && known[pieces[i][cut:]] {
				rules = append(rules, [2]string{pieces[i][:cut], pieces[i][cut:]})
			}
		}
	}
	own := slices.Clone(pieces)
	for id, name := range special {
		own[id] = name
	}
	return newSentenceBPE(own, special, rules)
}

// newSentenceBPE makes a BPE of the SentencePiece kind. Pieces write a space as a space.
func newSentenceBPE(pieces []string, special map[int32]string, rules [][2]string) (*BPE, error) {
	bytes := map[byte]int32{}
	for id, p := range pieces {
		if _, ok := special[int32(id)]; !ok && isByteName(p) {
			b := byte(0)
			fmt.Sscanf(p, "<0x%02X>", &b)
			bytes[b] = int32(id)
		}
	}
	t, err := newBPE(pieces, special, rules)
	if err != nil {
		return nil, err
	}
	t.sentence = true
	unknown := t.names["<unk>"]
	for b := range 256 {
		t.ofByte[b] = unknown
		if id, ok := bytes[byte(b)]; ok {
			t.ofByte[b] = id
			delete(t.ids, t.pieces[id]) // the text "<0x0A>" is not the byte
			t.pieces[id] = string([]byte{byte(b)})
		}
	}
	if id, ok := t.names["<s>"]; ok {
		t.prefix = []int32{id}
	}
	return t, nil
}

// isByteName reports whether a piece stands for a byte, as in <0x0A>.
func isByteName(p string) bool {
	return len(p) == 6 && p[:3] == "<0x" && p[5] == '>' && strings.Trim(p[3:5], "0123456789ABCDEF") == ""
}

// LoadGPT2 reads a byte-level BPE from the files GPT-2 was published with: a JSON object
// from pieces to ids, and a text with a merge a line.
func LoadGPT2(vocabPath, mergesPath string) (*BPE, error) {
	data, err := readFile(vocabPath)
	if err != nil {
		return nil, err
	}
	var vocab map[string]int32
	if err := json.Unmarshal(data, &vocab); err != nil {
		return nil, fmt.Errorf("%s: %w", vocabPath, err)
	}
	pieces, err := dense(vocab)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vocabPath, err)
	}
	f, err := os.Open(mergesPath)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rules [][2]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text := lines.Text(); text != "" && !strings.HasPrefix(text, "#version") {
			left, right, ok := strings.Cut(text, " ")
			if !ok {
				return nil, fmt.Errorf("%s: merge %q: want two pieces and a space between", mergesPath, text)
			}
			rules = append(rules, [2]string{left, right})
		}
	}
	special := map[int32]string{}
	if id, ok := vocab[EndOfText]; ok {
		special[id] = EndOfText
	}
	t, err := fromPrintables(pieces, special, rules)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vocabPath, err)
	}
	return t, nil
}

// fromPrintables makes a byte-level BPE from pieces as files write them.
func fromPrintables(pieces []string, special map[int32]string, rules [][2]string) (*BPE, error) {
	decode := func(s string) (string, error) {
		b, ok := fromPrintable(s)
		if !ok {
			return "", fmt.Errorf("piece %q: not every character stands for a byte", s)
		}
		return b, nil
	}
	for id, p := range pieces {
		if _, ok := special[int32(id)]; ok {
			continue
		}
		var err error
		if pieces[id], err = decode(p); err != nil {
			return nil, err
		}
	}
	for i, r := range rules {
		for k, p := range r {
			var err error
			if rules[i][k], err = decode(p); err != nil {
				return nil, err
			}
		}
	}
	return newByteBPE(pieces, special, rules)
}

// dense turns a map from pieces to ids into a list: the ids must be 0, 1, 2, …
func dense(vocab map[string]int32) ([]string, error) {
	if len(vocab) == 0 {
		return nil, errors.New("the vocabulary is empty")
	}
	pieces, have := make([]string, len(vocab)), make([]bool, len(vocab))
	for p, id := range vocab {
		if id < 0 || int(id) >= len(vocab) || have[id] {
			return nil, fmt.Errorf("token %q has the id %d: the ids of %d tokens must be 0 to %d, each once", p, id, len(vocab), len(vocab)-1)
		}
		pieces[id], have[id] = p, true
	}
	return pieces, nil
}
