package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inkstone/tensor/files"
)

// settings is tokenizer_config.json: the special tokens by their roles, for libraries that
// read tokenizer.json for the vocabulary only.
type settings struct {
	Class    string `json:"tokenizer_class"`
	Begin    string `json:"bos_token,omitempty"`
	End      string `json:"eos_token,omitempty"`
	Unknown  string `json:"unk_token,omitempty"`
	Template string `json:"chat_template,omitempty"`
	AddBegin bool   `json:"add_bos_token"`
	CleanUp  bool   `json:"clean_up_tokenization_spaces"`
}

// saveFiles writes both files of a tokenizer into dir.
func saveFiles(dir string, v *vocabulary, f *file) error {
	chat := v.Chat()
	s := settings{Class: "PreTrainedTokenizerFast", Begin: chat.Begin, End: chat.End, Template: chat.Template}
	if len(v.prefix) > 0 {
		s.AddBegin = true
		f.PostProcessor = prefixTemplate(v)
	}
	if _, ok := v.names[Unknown]; ok {
		s.Unknown = Unknown
	}
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		err = writeJSON(filepath.Join(dir, File), f)
	}
	if err == nil {
		err = writeJSON(filepath.Join(dir, ConfigFile), s)
	}
	if err != nil {
		return fmt.Errorf("tokenizer: save: %w", err)
	}
	return nil
}

// writeJSON replaces a file.
func writeJSON(path string, value any) error {
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false) // "<unk>" rather than "\u003cunk\u003e"
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return err
	}
	return files.WriteAtomic(path, func(f *os.File) error {
		_, err := f.Write(data.Bytes())
		return err
	})
}

// newFile describes what all tokenizers have in common. spell returns how the file writes
// the text of a token.
func newFile(v *vocabulary, modelType string, spell func(id int32) string) *file {
	f := &file{Version: "1.0", AddedTokens: []added{}, Model: model{Type: modelType}}
	for i, piece := range v.pieces {
		id := int32(i)
		if named, ok := v.names[piece]; ok && named == id {
			_, special := v.special[id]
			f.AddedTokens = append(f.AddedTokens, added{ID: id, Content: piece, Special: special})
		} else {
			piece = spell(id)
		}
		f.Model.Vocabulary = append(f.Model.Vocabulary, pieceID{piece, id})
	}
	return f
}

// spellMerges writes merges as pairs of pieces.
func spellMerges(merges []merge, spell func(id int32) string) mergeList {
	list := make(mergeList, len(merges))
	for i, m := range merges {
		list[i] = [2]string{spell(m.left), spell(m.right)}
	}
	return list
}

// prefixTemplate asks for the prefix before each text.
func prefixTemplate(v *vocabulary) *step {
	t := &step{Type: "TemplateProcessing", SpecialTokens: map[string]templateName{}}
	var second []templatePart
	for _, id := range v.prefix {
		name := v.pieces[id]
		t.Single = append(t.Single, templatePart{SpecialToken: &templateID{ID: name}})
		second = append(second, templatePart{SpecialToken: &templateID{ID: name, TypeID: 1}})
		t.SpecialTokens[name] = templateName{ID: name, IDs: []int32{id}, Tokens: []string{name}}
	}
	t.Single = append(t.Single, templatePart{Sequence: &templateID{ID: "A"}})
	t.Pair = append(append(t.Pair, t.Single...), second...)
	t.Pair = append(t.Pair, templatePart{Sequence: &templateID{ID: "B", TypeID: 1}})
	return t
}

// everyCharacter is a regular expression for one character, a newline too.
const everyCharacter = `[\s\S]`

// Save writes tokenizer.json and tokenizer_config.json into dir. The file describes a word
// list behind a splitter that takes every character for a word.
func (c *Characters) Save(dir string) error {
	f := newFile(c.vocabulary, "WordLevel", func(id int32) string { return c.pieces[id] })
	f.Model.Unknown = new(Unknown)
	f.PreTokenizer = &step{Type: "Split", Pattern: &pattern{Regex: new(everyCharacter)}, Behavior: "Isolated", Invert: new(false)}
	f.Decoder = &step{Type: "Fuse"}
	return saveFiles(dir, c.vocabulary, f)
}

// Save writes tokenizer.json and tokenizer_config.json into dir.
func (b *BPE) Save(dir string) error {
	spell := func(id int32) string { return spellBytes(b.pieces[id]) }
	f := newFile(b.vocabulary, "BPE", spell)
	f.Model.Merges = spellMerges(b.merges, spell)
	byteLevel := step{Type: "ByteLevel", AddPrefixSpace: new(false), TrimOffsets: new(true), UseRegex: new(true)}
	f.PreTokenizer, f.PostProcessor, f.Decoder = &byteLevel, &byteLevel, &byteLevel
	return saveFiles(dir, b.vocabulary, f)
}

// Save writes tokenizer.json and tokenizer_config.json into dir. For other readers the file
// says what Encode does by itself: put ▁ before the text and in place of spaces, fall back
// to bytes; and that a text begins with the prefix.
func (s *SentencePiece) Save(dir string) error {
	spell := func(id int32) string {
		if s.isByte[id] {
			return fmt.Sprintf("<0x%02X>", s.pieces[id][0])
		}
		return strings.ReplaceAll(s.pieces[id], " ", spaceMark)
	}
	f := newFile(s.vocabulary, "BPE", spell)
	f.Model.Merges = spellMerges(s.merges, spell)
	f.Model.ByteFallback, f.Model.FuseUnknown = true, true
	if _, ok := s.names[Unknown]; ok {
		f.Model.Unknown = new(Unknown)
	}
	f.Normalizer = &step{Type: "Sequence", Normalizers: []step{
		{Type: "Prepend", Prepend: new(spaceMark)},
		{Type: "Replace", Pattern: &pattern{String: new(" ")}, Content: new(spaceMark)},
	}}
	f.Decoder = &step{Type: "Sequence", Decoders: []step{
		{Type: "Replace", Pattern: &pattern{String: new(spaceMark)}, Content: new(" ")},
		{Type: "ByteFallback"},
		{Type: "Fuse"},
		{Type: "Strip", Content: new(" "), Start: new(1), Stop: new(0)},
	}}
	return saveFiles(dir, s.vocabulary, f)
}
