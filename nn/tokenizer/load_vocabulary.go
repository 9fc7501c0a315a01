package tokenizer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// vocabulary returns the pieces by id, as the file spells them, and the added tokens by id:
// whether they are special.
func (f *file) vocabulary() (pieces []string, named map[int32]bool, err error) {
	all := slices.Clone(f.Model.Vocabulary)
	known := make(map[string]int32, len(all))
	for _, p := range all {
		known[p.piece] = p.id
	}
	named = make(map[int32]bool, len(f.AddedTokens))
	for _, a := range f.AddedTokens {
		id, ok := known[a.Content]
		_, twice := named[a.ID]
		switch {
		case ok && id != a.ID:
			return nil, nil, fmt.Errorf("the added token %q has the id %d, but %d in the vocabulary", a.Content, a.ID, id)
		case twice:
			return nil, nil, fmt.Errorf("the added token %q is there twice", a.Content)
		case a.LStrip || a.RStrip || a.SingleWord:
			return nil, nil, fmt.Errorf("the added token %q asks for lstrip, rstrip or single_word, which is not supported", a.Content)
		case !ok:
			all = append(all, pieceID{a.Content, a.ID})
			known[a.Content] = a.ID
		}
		named[a.ID] = a.Special
	}
	slices.SortStableFunc(all, func(a, b pieceID) int { return cmp.Compare(a.id, b.id) })
	for i, p := range all {
		switch {
		case int(p.id) == i:
		case i > 0 && p.id == all[i-1].id:
			return nil, nil, fmt.Errorf("%q and %q have the same id %d", all[i-1].piece, p.piece, p.id)
		case p.id < 0:
			return nil, nil, fmt.Errorf("the token %q has the id %d", p.piece, p.id)
		default:
			return nil, nil, fmt.Errorf("no token has the id %d, though the largest is %d: ids must not leave gaps", i, all[len(all)-1].id)
		}
		pieces = append(pieces, p.piece)
	}
	if len(pieces) == 0 {
		return nil, nil, errors.New("the vocabulary is empty")
	}
	return pieces, named, nil
}

// merges looks the merges up among the learned pieces.
func (f *file) merges(pieces []string, named map[int32]bool) ([]merge, error) {
	ids := make(map[string]int32, len(pieces))
	for i, piece := range pieces {
		if _, isNamed := named[int32(i)]; !isNamed {
			ids[piece] = int32(i)
		}
	}
	merges := make([]merge, len(f.Model.Merges))
	seen := make(map[[2]int32]bool, len(merges))
	for i, pair := range f.Model.Merges {
		var found [3]int32
		for k, piece := range []string{pair[0], pair[1], pair[0] + pair[1]} {
			id, ok := ids[piece]
			if !ok {
				return nil, fmt.Errorf("merge %d, of %q and %q: there is no token %q", i, pair[0], pair[1], piece)
			}
			found[k] = id
		}
		if seen[[2]int32(found[:])] {
			return nil, fmt.Errorf("merge %d, of %q and %q, is there twice", i, pair[0], pair[1])
		}
		seen[[2]int32(found[:])] = true
		merges[i] = merge{found[0], found[1], found[2]}
	}
	return merges, nil
}

// prefix returns the special tokens that the post-processor puts before a text.
func (f *file) prefix(v *vocabulary) (ids []int32, err error) {
	for _, s := range f.PostProcessor.steps() {
		if s.Type != "TemplateProcessing" {
			continue
		}
		for _, part := range s.Single {
			if part.SpecialToken == nil {
				break
			}
			id, ok := v.names[part.SpecialToken.ID]
			if !ok {
				return nil, fmt.Errorf("the post-processor puts %q before a text, which is no special token", part.SpecialToken.ID)
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// steps returns the steps of a sequence, or the single one there is.
func (s *step) steps() []step {
	switch {
	case s == nil:
		return nil
	case s.Type == "Sequence":
		return slices.Concat(s.Normalizers, s.PreTokenizers, s.Processors, s.Decoders)
	}
	return []step{*s}
}
