package main

import (
	"errors"

	"inkstone/nn/tokenizer"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/poet"
	"inkstone/train/prosody"
)

// poetOf returns the vocabulary of the demo's poet, if that is what a tokenizer has.
func poetOf(tok tokenizer.Tokenizer) (*poet.Vocabulary, error) {
	learn, _ := poems.Split(poems.Load())
	v := poet.NewVocabulary(learn)
	own, err := v.Tokenizer()
	if err != nil {
		return nil, err
	}
	if err := train.SameTokenizer(tok, own); err != nil {
		return nil, errors.New("the model reads with another tokenizer")
	}
	return v, nil
}

// newReferee returns the referee that knows all poems one can learn from.
func newReferee() prosody.Referee {
	learn, _ := poems.Split(poems.Load())
	return prosody.Referee{Corpus: prosody.NewCorpus(learn)}
}
