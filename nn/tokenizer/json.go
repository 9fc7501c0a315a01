package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inkstone/tensor/files"
)

// largestFile is the largest tokenizer file that is read.
const largestFile = 256 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > largestFile {
		return nil, fmt.Errorf("%s: %d bytes is too large for a tokenizer", path, info.Size())
	}
	return os.ReadFile(path)
}

// fileJSON is tokenizer.json, as far as it matters here.
type fileJSON struct {
	Version       string          `json:"version"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         modelJSON       `json:"model"`
}

type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

type modelJSON struct {
	Type         string          `json:"type"`
	Unknown      *string         `json:"unk_token"`
	FuseUnknown  bool            `json:"fuse_unk"`
	ByteFallback bool            `json:"byte_fallback"`
	Vocab        orderedVocab    `json:"vocab"`
	Merges       json.RawMessage `json:"merges,omitempty"`
}

// orderedVocab is a list of pieces that is written as an object from pieces to ids, in the
// order of the ids, and read from one.
type orderedVocab []string

// MarshalJSON writes the object.
func (v orderedVocab) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for id, p := range v {
		if id > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(p); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // the newline
		fmt.Fprintf(&b, ":%d", id)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// loadJSON reads a tokenizer.json.
func loadJSON(path string) (Tokenizer, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	t, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func parse(data []byte) (Tokenizer, error) {
	var f struct {
		fileJSON
		Model struct {
			modelJSON
			Vocab map[string]int32 `json:"vocab"`
		} `json:"model"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	vocab, special := f.Model.Vocab, map[int32]string{}
	if vocab == nil {
		vocab = map[string]int32{}
	}
	for _, a := range f.AddedTokens {
		if id, ok := vocab[a.Content]; ok && id != a.ID {
			return nil, fmt.Errorf("added token %q has the ids %d and %d", a.Content, a.ID, id)
		}
		vocab[a.Content] = a.ID
		special[a.ID] = a.Content
	}
	pieces, err := dense(vocab)
	if err != nil {
		return nil, err
	}
	switch f.Model.Type {
	case "BPE":
		rules, err := parseMerges(f.Model.Merges)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(f.PreTokenizer, []byte(`"ByteLevel"`)) {
			return fromPrintables(pieces, special, rules)
		}
		if f.Model.ByteFallback {
			for id := range pieces {
				pieces[id] = strings.ReplaceAll(pieces[id], metaspace, " ")
			}
			for i := range rules {
				rules[i] = [2]string{strings.ReplaceAll(rules[i][0], metaspace, " "), strings.ReplaceAll(rules[i][1], metaspace, " ")}
			}
			return newSentenceBPE(pieces, special, rules)
		}
		return nil, errors.New("a BPE that is neither byte-level nor with byte fallback is not supported")
	case "WordLevel":
		var names []string
		for _, s := range special {
			names = append(names, s)
		}
		return NewCharactersOf(pieces, names...)
	}
	return nil, fmt.Errorf("model type %q is not supported (have BPE, WordLevel)", f.Model.Type)
}

// metaspace is how SentencePiece writes a space.
const metaspace = "▁"

// parseMerges reads merges in either of their forms: "a b" or ["a", "b"].
func parseMerges(data []byte) ([][2]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var pairs [][2]string
	if json.Unmarshal(data, &pairs) == nil {
		return pairs, nil
	}
	var lines []string
	if err := json.Unmarshal(data, &lines); err != nil {
		return nil, fmt.Errorf("merges: %w", err)
	}
	for i, line := range lines {
		left, right, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("merge %d, %q: want two pieces and a space between", i, line)
		}
		pairs = append(pairs, [2]string{left, right})
	}
	return pairs, nil
}

// Save writes the tokenizer into a directory.
func (t *Characters) Save(dir string) error {
	unknown := Unknown
	return save(dir, &t.vocabulary, fileJSON{
		PreTokenizer: json.RawMessage(`{"type":"Split","pattern":{"Regex":"[\\s\\S]"},"behavior":"Isolated","invert":false}`),
		Decoder:      json.RawMessage(`{"type":"Fuse"}`),
		Model:        modelJSON{Type: "WordLevel", Unknown: &unknown, Vocab: t.pieces},
	})
}

// Save writes the tokenizer into a directory.
func (t *BPE) Save(dir string) error {
	write := printable
	f := fileJSON{
		PreTokenizer:  json.RawMessage(`{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}`),
		PostProcessor: json.RawMessage(`{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true}`),
		Decoder:       json.RawMessage(`{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}`),
		Model:         modelJSON{Type: "BPE"},
	}
	if t.sentence {
		unknown := "<unk>"
		write = func(s string) string { return strings.ReplaceAll(s, " ", metaspace) }
		f.Normalizer = json.RawMessage(`{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}`)
		f.PreTokenizer = nil
		f.PostProcessor = json.RawMessage(`{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}`)
		f.Decoder = json.RawMessage(`{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}`)
		f.Model = modelJSON{Type: "BPE", Unknown: &unknown, FuseUnknown: true, ByteFallback: true}
	}
	for id, p := range t.pieces {
		switch _, special := t.special[int32(id)]; {
		case special:
		case t.sentence && len(p) == 1 && t.ofByte[p[0]] == int32(id):
			p = fmt.Sprintf("<0x%02X>", p[0])
		default:
			p = write(p)
		}
		f.Model.Vocab = append(f.Model.Vocab, p)
	}
	rules := t.rules()
	for i, r := range rules {
		rules[i] = [2]string{write(r[0]), write(r[1])}
	}
	merges, err := marshal(rules)
	if err != nil {
		return err
	}
	f.Model.Merges = merges
	return save(dir, &t.vocabulary, f)
}

// save fills in what all kinds have in common and writes both files.
func save(dir string, v *vocabulary, f fileJSON) error {
	f.Version = "1.0"
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false}
	f.AddedTokens = []addedToken{}
	for id := range v.pieces {
		if name, ok := v.special[int32(id)]; ok {
			f.AddedTokens = append(f.AddedTokens, addedToken{ID: int32(id), Content: name, Special: true})
		}
	}
	for key, name := range map[string]string{"eos_token": EndOfText, "unk_token": Unknown, "bos_token": "<s>"} {
		if _, ok := v.names[name]; ok {
			config[key] = name
		}
	}
	if _, ok := v.names["</s>"]; ok {
		config["eos_token"] = "</s>"
	}
	data, err := marshal(f)
	if err != nil {
		return err
	}
	settings, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, data := range map[string][]byte{File: data, ConfigFile: append(settings, '\n')} {
		err := files.WriteAtomic(filepath.Join(dir, name), func(f *os.File) error {
			_, err := f.Write(data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// marshal is json.Marshal that leaves <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
