package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func write(t testing.TB, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The pieces of a text are the text, none cuts a character, and lines stay whole where
// they can.
func TestReadText(t *testing.T) {
	line := strings.Repeat("床前明月光，", 10) + "\n"
	for name, text := range map[string]string{
		"short":          "a\nb",
		"many lines":     strings.Repeat(line, 3*pieceSize/len(line)),
		"one long line":  strings.Repeat("月", pieceSize),
		"long last line": strings.Repeat(line, 1000) + strings.Repeat("a月", pieceSize),
		"exact piece":    strings.Repeat("a", pieceSize-1) + "\n",
		"exact pieces":   strings.Repeat("a", 3*pieceSize),
	} {
		for _, mark := range []string{"", "\ufeff"} {
			var got strings.Builder
			pieces, whole := 0, 0
			err := ReadText(write(t, mark+text), func(piece []byte) error {
				if !utf8.Valid(piece) || len(piece) == 0 || len(piece) > 2*pieceSize {
					t.Errorf("%s: piece of %d bytes, valid %v", name, len(piece), utf8.Valid(piece))
				}
				pieces++
				if piece[len(piece)-1] == '\n' {
					whole++
				}
				got.Write(piece)
				return nil
			})
			if err != nil || got.String() != text {
				t.Errorf("%s: %d bytes of %d in %d pieces, error %v", name, got.Len(), len(text), pieces, err)
			}
			if name == "many lines" && (pieces < 3 || whole != pieces) {
				t.Errorf("%d of %d pieces end with a line", whole, pieces)
			}
		}
	}
}

func TestReadTextRefuses(t *testing.T) {
	far := strings.Repeat("春眠不覺曉\n", 200000) // the bad byte is in the third piece
	for want, text := range map[string]string{
		"data: empty file":                     "",
		"data:2: byte 0xff is not valid UTF-8": "a\n\xff\n",
		"data:1: byte 0xe6 is not valid UTF-8": "\xe6\x98", // a character without its end
		"data:200003: byte 0xc0 is not valid":  far + "\n\n\xc0",
		"data:1: byte 0x80 is not valid":       strings.Repeat("a", 2*pieceSize) + strings.Repeat("\x80", 5),
	} {
		err := ReadText(write(t, text), func([]byte) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if err := ReadText(write(t, "\ufeff"), func([]byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "empty file") {
		t.Errorf("a byte-order mark alone gave %v", err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if err := ReadText(missing, nil); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("missing file gave %v", err)
	}
	stop := errors.New("stop")
	if err := ReadText(write(t, "a"), func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v, want stop", err)
	}
}

func TestReadTexts(t *testing.T) {
	var got []string
	err := ReadTexts(write(t, "\ufeff{\"text\": \"a\\nb\", \"n\": 1}\r\n\n  {\"text\":\"\"}\n{\"text\":\"月\"}"), func(text string) error {
		got = append(got, text)
		return nil
	})
	if fmt.Sprintf("%q", got) != `["a\nb" "" "月"]` || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestReadTextsRefuses(t *testing.T) {
	good := "{\"text\":\"a\"}\n"
	for want, text := range map[string]string{
		"data: empty file":                       "\n \n",
		"data:2: unexpected":                     good + "{\"text\":\n",
		`data:3: no "text"`:                      good + good + "{\"txt\":\"a\"}\n",
		"data:1: json: cannot unmarshal number":  "{\"text\":7}\n",
		"data:2: want a JSON object, found":      good + "[1]\n",
		"data:4: byte 0xff is not valid UTF-8":   good + "\n\n{\"text\":\"\xff\"}\n",
		"data:2: invalid character 'x' after":    good + "{\"text\":\"a\"} x\n",
		"data:1: want a JSON object, found \"pl": "plain text\n",
	} {
		err := ReadTexts(write(t, text), func(string) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if err := ReadTexts(filepath.Join(t.TempDir(), "missing"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file gave %v", err)
	}
	if err := ReadTexts(write(t, good), func(string) error { return errors.New("stop") }); err == nil || !strings.Contains(err.Error(), "data:1: stop") {
		t.Errorf("error of the receiver became %v", err)
	}
}

// endless is a line without end: it must be refused, not kept.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

func TestReadJSONLEndlessLine(t *testing.T) {
	if err := readJSONL(endless{}, "x", 1<<20, nil); err == nil || !strings.Contains(err.Error(), "x:1: line of more than") {
		t.Errorf("error %v", err)
	}
}

func FuzzReadText(f *testing.F) {
	for _, seed := range []string{"", "a\nb", "月\n\xff", "\ufeff", "\xe6\x98"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		total := 0
		err := readText(strings.NewReader(string(text)), "x", func(piece []byte) error { total += len(piece); return nil })
		body := strings.TrimPrefix(string(text), "\ufeff")
		if (err == nil) != (utf8.ValidString(body) && body != "") {
			t.Errorf("%q gave %v", text, err)
		}
		if err == nil && total != len(body) {
			t.Errorf("%d bytes of %d", total, len(body))
		}
		readJSONL(strings.NewReader(string(text)), "x", maxLine, func(line int, object []byte) error {
			_, err := parseText(object)
			return err
		})
	})
}
