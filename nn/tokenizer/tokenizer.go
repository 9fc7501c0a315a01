// Package tokenizer turns text into the numbers that a language model reads, and back.
//
// A token is a piece of text with a number, its id; the tokens of a tokenizer are its
// vocabulary. Three kinds are here, from the simplest up:
//
//   - [Characters]: a token is a character (NewCharacters).
//   - [BPE]: byte-level byte-pair encoding, GPT-2's kind. Any bytes can be written with its
//     vocabulary, which TrainBPE learns from text.
//   - [SentencePiece]: the byte-pair encoding of Llama's family, on characters with single
//     bytes to fall back on (NewSentencePiece, ReadLlama2C).
//
// [Load] reads what Hugging Face calls tokenizer.json, and the pair of files that GPT-2 was
// published with; Save writes tokenizer.json.
package tokenizer

// A Tokenizer maps text to token ids, which count from 0, and ids to text. It does not
// change, and several goroutines may use it at once.
type Tokenizer interface {
	// Encode returns the ids of a text. All of it is taken for text: where it spells the
	// name of a special token, as text from outside may, it gets the ids of those letters.
	// See EncodeSpecial.
	Encode(text string) []int32
	// Decode returns the text of ids, special tokens by their names. Ids outside of the
	// vocabulary, which a model with spare rows in its embedding can give, are left out.
	Decode(ids []int32) string
	// VocabSize returns the number of tokens.
	VocabSize() int
	// Token returns the text of a token, which may be part of a character, and whether it
	// is special.
	Token(id int32) (text string, special bool)
	// ID returns the id of a special token, or of the token that stands for exactly this text.
	ID(text string) (id int32, ok bool)
	// Specials returns the special tokens by id.
	Specials() map[int32]string
	// Prefix returns the tokens that every text begins with, such as Llama's <s>. Encode
	// does not add them.
	Prefix() []int32
	// Chat returns how conversations are written.
	Chat() Chat
	// WithChat returns the tokenizer with another way to write conversations.
	WithChat(c Chat) Tokenizer
	// Save writes tokenizer.json and tokenizer_config.json into a directory, each of them
	// whole or not at all.
	Save(dir string) error
}

// EndOfText is the special token between documents.
const EndOfText = "<|endoftext|>"

// Unknown is the special token for characters outside of a vocabulary of characters.
const Unknown = "<unk>"

// The files of a model directory.
const (
	File       = "tokenizer.json"
	ConfigFile = "tokenizer_config.json"
)
