package tokenizer

import (
	"encoding/binary"
	"fmt"
	"math"
)

// ReadLlama2C reads llama2.c's tokenizer file for a vocabulary of that size: the longest
// piece's length, then for each piece a score, a length and its bytes.
func ReadLlama2C(path string, vocab int) (*SentencePiece, error) {
	data, err := readBinary(path)
	if err != nil {
		return nil, err
	}
	t, err := parseLlama2C(data, vocab)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", path, err)
	}
	return t, nil
}

func parseLlama2C(data []byte, vocab int) (*SentencePiece, error) {
	var pieces []string
	var scores []float32
	for at := 4; len(pieces) < vocab; {
		if len(data)-at < 8 {
			return nil, fmt.Errorf("%d bytes end within piece %d of %d: not a llama2.c tokenizer of this size", len(data), len(pieces), vocab)
		}
		score, n := binary.LittleEndian.Uint32(data[at:]), binary.LittleEndian.Uint32(data[at+4:])
		if at += 8; uint64(n) > uint64(len(data)-at) {
			return nil, fmt.Errorf("piece %d has a length of %d, %d bytes are left", len(pieces), n, len(data)-at)
		}
		scores = append(scores, math.Float32frombits(score))
		pieces = append(pieces, string(data[at:at+int(n)]))
		at += int(n)
	}
	return newSentencePieceScored(pieces, scores)
}
