package tokenizer

import (
	"context"
	"iter"
	"strings"
	"sync"
	"unicode/utf8"
)

// wordCounts tells how often each word (see wordEnd) stands in a body of text.
type wordCounts map[string]int64

// countChunk is about how many bytes of text a worker gets at a time.
const countChunk = 1 << 18

// countWords cuts texts into words and counts them on several threads. Sums do not depend
// on the order they are taken in, so neither does the result.
func countWords(ctx context.Context, texts iter.Seq[string], threads int) (wordCounts, error) {
	chunks := make(chan []string, threads)
	parts := make([]wordCounts, threads)
	var workers sync.WaitGroup
	for i := range parts {
		parts[i] = wordCounts{}
		workers.Go(func() {
			for chunk := range chunks {
				for _, text := range chunk {
					parts[i].add(text)
				}
			}
		})
	}
	err := sendChunks(ctx, texts, chunks)
	close(chunks)
	workers.Wait()
	if err != nil {
		return nil, err
	}
	total := parts[0]
	for _, part := range parts[1:] {
		for word, n := range part {
			total[word] += n
		}
		clear(part)
	}
	return total, nil
}

// sendChunks groups short texts and cuts long ones.
func sendChunks(ctx context.Context, texts iter.Seq[string], chunks chan<- []string) error {
	var chunk []string
	size := 0
	for text := range texts {
		for text != "" {
			end := safeCut(text, countChunk)
			chunk = append(chunk, text[:end])
			size += end
			text = text[end:]
			if size < countChunk {
				continue
			}
			select {
			case chunks <- chunk:
			case <-ctx.Done():
				return ctx.Err()
			}
			chunk, size = nil, 0
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	chunks <- chunk
	return nil
}

// safeCut returns the first position from at on where text can be cut without changing its
// words: between a character that is no white space and a space or newline.
func safeCut(text string, at int) int {
	for ; at < len(text); at++ {
		if text[at] == ' ' || text[at] == '\n' {
			last, _ := utf8.DecodeLastRuneInString(text[:at])
			if classOf(last) != space {
				return at
			}
		}
	}
	return len(text)
}

// add counts the words of a text.
func (c wordCounts) add(text string) {
	for at := 0; at < len(text); {
		end := wordEnd(text, at)
		word := text[at:end]
		if n, ok := c[word]; ok {
			c[word] = n + 1
		} else {
			c[strings.Clone(word)] = 1 // a part of text would keep all of it in memory
		}
		at = end
	}
}
