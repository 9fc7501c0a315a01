package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// maxLine is the longest line of JSONL, and so the longest document there.
const maxLine = 1 << 28

// pieceSize is how much of a text file is read at once.
const pieceSize = 1 << 20

// ReadText reads a text file as one document, in pieces of about a megabyte that end at
// the end of a line where there is one, so that a tokenizer rarely sees a word cut. each
// must not keep its piece.
//
// Errors read "file:line: what". A file that is missing, empty or not UTF-8 is an error; a
// byte-order mark is skipped.
func ReadText(path string, each func(piece []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	defer f.Close()
	if err := readText(f, path, each); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

func readText(r io.Reader, path string, each func(piece []byte) error) error {
	buf := make([]byte, 0, 2*pieceSize)
	line, first := 1, true
	for {
		n, err := io.ReadFull(r, buf[len(buf):len(buf)+pieceSize])
		buf = buf[:len(buf)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return fmt.Errorf("%s:%d: %w", path, line, err)
		}
		if first {
			buf = buf[:copy(buf, bytes.TrimPrefix(buf, []byte("\ufeff")))]
			first = false
			if last && len(buf) == 0 {
				return fmt.Errorf("%s: empty file", path)
			}
		}
		cut := len(buf)
		if !last {
			cut = cutPiece(buf)
		}
		piece := buf[:cut]
		if err := checkText(piece, path, line); err != nil {
			return err
		}
		if len(piece) > 0 {
			if err := each(piece); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		line += bytes.Count(piece, []byte("\n"))
		buf = buf[:copy(buf, buf[cut:])]
	}
}

// cutPiece returns how much of b to hand over: up to the end of the last line, or, if that
// would leave much, of the last whole character.
func cutPiece(b []byte) int {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 && len(b)-i <= pieceSize {
		return i + 1
	}
	for back := 1; back <= min(utf8.UTFMax, len(b)); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if utf8.FullRune(b[len(b)-back:]) {
				return len(b)
			}
			return len(b) - back
		}
	}
	return len(b)
}

// checkText names the line of the first byte that is not UTF-8.
func checkText(text []byte, path string, line int) error {
	if utf8.Valid(text) {
		return nil
	}
	for at := 0; ; {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size <= 1 {
			return fmt.Errorf("%s:%d: byte 0x%02x is not valid UTF-8 (convert the file, for instance with iconv)", path, line, text[at])
		}
		if r == '\n' {
			line++
		}
		at += size
	}
}

// ReadJSONL reads a file with one JSON object a line and calls each with the line's number,
// counted from 1, and its bytes, which each must not keep. Blank lines are skipped. Only a
// line at a time is in memory.
//
// Errors read "file:line: what"; so do those that each returns.
func ReadJSONL(path string, each func(line int, object []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	defer f.Close()
	if err := readJSONL(f, path, maxLine, each); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

func readJSONL(r io.Reader, path string, longest int, each func(line int, object []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, min(1<<16, longest)), longest)
	line, objects := 0, 0
	for lines.Scan() {
		line++
		text := lines.Bytes()
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		objects++
		if err := checkText(text, path, line); err != nil {
			return err
		}
		if text[0] != '{' {
			return fmt.Errorf("%s:%d: want a JSON object, found %.20q", path, line, text)
		}
		if err := each(line, text); err != nil {
			return fmt.Errorf("%s:%d: %w", path, line, err)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: line of more than %d bytes", path, line+1, longest)
	}
	if lines.Err() != nil {
		return fmt.Errorf("%s:%d: %w", path, line+1, lines.Err())
	}
	if objects == 0 {
		return fmt.Errorf("%s: empty file", path)
	}
	return nil
}

// ReadTexts reads a JSONL file of documents, {"text": "…"} a line. Other keys are ignored.
func ReadTexts(path string, each func(text string) error) error {
	return ReadJSONL(path, func(line int, object []byte) error {
		text, err := parseText(object)
		if err != nil {
			return err
		}
		return each(text)
	})
}

func parseText(object []byte) (string, error) {
	var doc struct {
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(object, &doc); err != nil {
		return "", err
	}
	if doc.Text == nil {
		return "", errors.New(`no "text" in the object`)
	}
	return *doc.Text, nil
}
