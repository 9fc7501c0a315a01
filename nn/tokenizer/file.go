package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// The structure of tokenizer.json, as far as the tokenizers of this package need it. Parts
// that come in many shapes are described by step, whose Type says which fields count.
type (
	file struct {
		Version       string  `json:"version"`
		Truncation    *step   `json:"truncation"`
		Padding       *step   `json:"padding"`
		AddedTokens   []added `json:"added_tokens"`
		Normalizer    *step   `json:"normalizer"`
		PreTokenizer  *step   `json:"pre_tokenizer"`
		PostProcessor *step   `json:"post_processor"`
		Decoder       *step   `json:"decoder"`
		Model         model   `json:"model"`
	}

	// added is a token that stands beside the vocabulary that was learned.
	added struct {
		ID         int32  `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	}

	model struct {
		Type         string    `json:"type"`
		Dropout      *float64  `json:"dropout,omitempty"`
		Unknown      *string   `json:"unk_token"`
		Prefix       string    `json:"continuing_subword_prefix,omitempty"`
		Suffix       string    `json:"end_of_word_suffix,omitempty"`
		FuseUnknown  bool      `json:"fuse_unk,omitempty"`
		ByteFallback bool      `json:"byte_fallback,omitempty"`
		IgnoreMerges bool      `json:"ignore_merges,omitempty"`
		Vocabulary   pieceIDs  `json:"vocab"`
		Merges       mergeList `json:"merges,omitzero"`
	}

	// step is a normalizer, pre-tokenizer, post-processor or decoder.
	step struct {
		Type           string                  `json:"type"`
		Normalizers    []step                  `json:"normalizers,omitempty"`
		PreTokenizers  []step                  `json:"pretokenizers,omitempty"`
		Processors     []step                  `json:"processors,omitempty"`
		Decoders       []step                  `json:"decoders,omitempty"`
		Pattern        *pattern                `json:"pattern,omitempty"`
		Content        *string                 `json:"content,omitempty"`
		Prepend        *string                 `json:"prepend,omitempty"`
		Start          *int                    `json:"start,omitempty"`
		Stop           *int                    `json:"stop,omitempty"`
		Behavior       string                  `json:"behavior,omitempty"`
		Invert         *bool                   `json:"invert,omitempty"`
		AddPrefixSpace *bool                   `json:"add_prefix_space,omitempty"`
		TrimOffsets    *bool                   `json:"trim_offsets,omitempty"`
		UseRegex       *bool                   `json:"use_regex,omitempty"`
		Single         []templatePart          `json:"single,omitempty"`
		Pair           []templatePart          `json:"pair,omitempty"`
		SpecialTokens  map[string]templateName `json:"special_tokens,omitempty"`
	}

	pattern struct {
		String *string `json:"String,omitempty"`
		Regex  *string `json:"Regex,omitempty"`
	}

	templatePart struct {
		SpecialToken *templateID `json:"SpecialToken,omitempty"`
		Sequence     *templateID `json:"Sequence,omitempty"`
	}

	templateID struct {
		ID     string `json:"id"`
		TypeID int    `json:"type_id"`
	}

	templateName struct {
		ID     string   `json:"id"`
		IDs    []int32  `json:"ids"`
		Tokens []string `json:"tokens"`
	}
)

// pieceIDs is a vocabulary: an object from pieces to ids, in the order of the file.
type pieceIDs []pieceID

type pieceID struct {
	piece string
	id    int32
}

// MarshalJSON writes the pieces in their order.
func (v pieceIDs) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteByte('{')
	for i, p := range v {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := enc.Encode(p.piece); err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, ":%d", p.id)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads the pieces in their order and refuses one that comes twice, which
// encoding/json would let pass.
func (v *pieceIDs) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("vocab is not an object of pieces and ids")
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return fmt.Errorf("vocab: %w", err)
		}
		piece := key.(string) // keys of objects are strings, or Token had refused
		if seen[piece] {
			return fmt.Errorf("vocab: the piece %q comes twice", piece)
		}
		seen[piece] = true
		var id int32
		if err := dec.Decode(&id); err != nil {
			return fmt.Errorf("vocab: the id of %q: %w", piece, err)
		}
		*v = append(*v, pieceID{piece, id})
	}
	return nil
}

// mergeList is merges as pairs of pieces.
type mergeList [][2]string

// MarshalJSON writes a merge as "left right", which every reader knows, and all of them as
// pairs if a piece holds a space.
func (m mergeList) MarshalJSON() ([]byte, error) {
	lines := make([]string, len(m))
	for i, pair := range m {
		if strings.Contains(pair[0], " ") || strings.Contains(pair[1], " ") {
			return json.Marshal([][2]string(m))
		}
		lines[i] = pair[0] + " " + pair[1]
	}
	return json.Marshal(lines)
}

// UnmarshalJSON reads both spellings.
func (m *mergeList) UnmarshalJSON(data []byte) error {
	var lines []string
	if json.Unmarshal(data, &lines) != nil {
		var pairs [][]string
		if err := json.Unmarshal(data, &pairs); err != nil {
			return fmt.Errorf("merges is neither a list of \"left right\" nor of [\"left\", \"right\"]")
		}
		for i, pair := range pairs {
			if len(pair) != 2 {
				return fmt.Errorf("merge %d has %d pieces, not 2", i, len(pair))
			}
			*m = append(*m, [2]string(pair))
		}
		return nil
	}
	for i, line := range lines {
		left, right, ok := strings.Cut(line, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return fmt.Errorf("merge %d, %q, is not two pieces with a space between", i, line)
		}
		*m = append(*m, [2]string{left, right})
	}
	return nil
}
