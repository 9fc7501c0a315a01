package tokenizer

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// byteLevel makes the BPE tokenizer that a file describes.
func (f *file) byteLevel() (*BPE, error) {
	m, p := &f.Model, f.PreTokenizer
	switch {
	case m.Prefix != "" || m.Suffix != "":
		return nil, errors.New("model: pieces with a prefix or suffix are not supported")
	case m.Dropout != nil && *m.Dropout != 0:
		return nil, errors.New("model: dropout is not supported")
	case m.IgnoreMerges:
		return nil, errors.New("model: ignore_merges is not supported")
	case f.Normalizer != nil:
		return nil, fmt.Errorf("the normalizer %q is not supported for byte-level BPE", f.Normalizer.Type)
	case p == nil || p.Type != "ByteLevel":
		return nil, errors.New("BPE can be read only with the pre-tokenizer ByteLevel, as GPT-2 has it, or with byte_fallback")
	case p.UseRegex != nil && !*p.UseRegex || p.AddPrefixSpace != nil && *p.AddPrefixSpace:
		return nil, errors.New("the pre-tokenizer ByteLevel is supported only with use_regex and without add_prefix_space")
	}
	pieces, named, err := f.vocabulary()
	if err != nil {
		return nil, err
	}
	merges, err := f.merges(pieces, named)
	if err != nil {
		return nil, err
	}
	for id, piece := range pieces {
		if _, isNamed := named[int32(id)]; isNamed {
			continue
		}
		if pieces[id], err = readSpelling(piece); err != nil {
			return nil, fmt.Errorf("id %d: %w", id, err)
		}
	}
	b, err := newBPE(pieces, named, merges)
	if err != nil {
		return nil, err
	}
	b.prefix, err = f.prefix(b.vocabulary)
	return b, err
}

// sentencePiece makes the SentencePiece tokenizer that a file describes.
func (f *file) sentencePiece() (*SentencePiece, error) {
	if !f.marksSpaces() {
		return nil, errors.New("BPE with byte_fallback can be read only with the normalizers Prepend and Replace that make spaces " + spaceMark)
	}
	pieces, named, err := f.vocabulary()
	if err != nil {
		return nil, err
	}
	merges, err := f.merges(pieces, named)
	if err != nil {
		return nil, err
	}
	for id, piece := range pieces {
		if special, isNamed := named[int32(id)]; isNamed && !special {
			return nil, fmt.Errorf("the added token %q is not special, which is supported for byte-level BPE only", piece)
		} else if !isNamed {
			pieces[id] = strings.ReplaceAll(piece, spaceMark, " ")
		}
	}
	v, err := newVocabulary(pieces, named)
	if err != nil {
		return nil, err
	}
	s, err := newSentencePiece(v, merges)
	if err != nil {
		return nil, err
	}
	s.prefix, err = f.prefix(v)
	return s, err
}

// marksSpaces tells whether the file wants ▁ before the text and in place of spaces, and
// nothing else.
func (f *file) marksSpaces() bool {
	n := f.Normalizer.steps()
	if f.PreTokenizer != nil || len(n) != 2 {
		return false
	}
	prepend, replace := n[0], n[1]
	is := func(s *string, want string) bool { return s != nil && *s == want }
	return prepend.Type == "Prepend" && is(prepend.Prepend, spaceMark) &&
		replace.Type == "Replace" && replace.Pattern != nil && is(replace.Pattern.String, " ") && is(replace.Content, spaceMark)
}

// characters makes the Characters that a file describes.
func (f *file) characters() (*Characters, error) {
	p := f.PreTokenizer
	if f.Normalizer != nil || p == nil || p.Type != "Split" || p.Pattern == nil || p.Pattern.Regex == nil || *p.Pattern.Regex != everyCharacter {
		return nil, errors.New("a model of type WordLevel can be read only where every character is a word")
	}
	pieces, named, err := f.vocabulary()
	if err != nil {
		return nil, err
	}
	for id, piece := range pieces {
		if _, size := utf8.DecodeRuneInString(piece); size != len(piece) && !named[int32(id)] {
			return nil, fmt.Errorf("id %d: %q is not one character", id, piece)
		}
	}
	c, err := newCharacters(pieces, named)
	if err != nil {
		return nil, err
	}
	c.prefix, err = f.prefix(c.vocabulary)
	return c, err
}
