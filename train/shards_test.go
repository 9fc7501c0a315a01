package train

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shardOf writes a shard of the ids from lo up to hi.
func shardOf(t testing.TB, dir, name string, vocab, lo, hi int) string {
	t.Helper()
	path := filepath.Join(dir, name)
	err := WriteShard(path, vocab, func(add func([]int32) error) error {
		for i := lo; i < hi; {
			piece := make([]int32, 0, 3000)
			for ; i < hi && len(piece) < cap(piece); i++ {
				piece = append(piece, int32(i))
			}
			if err := add(piece); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, paths ...string) *Shards {
	t.Helper()
	s, err := OpenShards(paths...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Several files read as one text, whatever lengths are asked for, with narrow and with
// wide tokens.
func TestShardsReadAsOne(t *testing.T) {
	for _, vocab := range []int{65536, 65537} {
		dir := t.TempDir()
		s := open(t, shardOf(t, dir, "a", vocab, 0, 1), shardOf(t, dir, "b", vocab, 1, 5000), shardOf(t, dir, "c", vocab, 5000, 65536))
		if s.Len() != 65536 || s.Vocab() != vocab {
			t.Errorf("%d tokens of %d, want 65536 of %d", s.Len(), s.Vocab(), vocab)
		}
		if err := s.Verify(); err != nil {
			t.Error(err)
		}
		for _, c := range [][2]int{{0, 1}, {0, 6000}, {1, 1}, {4998, 4}, {5000, 1}, {65535, 1}, {0, 65536}, {65536, 0}} {
			dst := make([]int32, c[1])
			if err := s.Read(dst, c[0]); err != nil {
				t.Fatal(err)
			}
			for i, id := range dst {
				if int(id) != c[0]+i {
					t.Fatalf("token %d is %d", c[0]+i, id)
				}
			}
		}
	}
}

func TestShardHash(t *testing.T) {
	dir := t.TempDir()
	a, b := shardOf(t, dir, "a", 100, 0, 50), shardOf(t, dir, "b", 100, 50, 100)
	one, two, again := open(t, a, b), open(t, b, a), open(t, shardOf(t, dir, "c", 100, 0, 50), b)
	if one.Hash() == two.Hash() {
		t.Error("the order of the files does not change the hash")
	}
	if one.Hash() != again.Hash() {
		t.Error("the same tokens in another file change the hash")
	}
}

func TestWriteShardRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	stop := errors.New("stop")
	for want, c := range map[string]struct {
		vocab int
		ids   []int32
		err   error
	}{
		"token 1 is 10, outside of a vocabulary of 10": {10, []int32{9, 10}, nil},
		"token 0 is -1":   {10, []int32{-1}, nil},
		"no tokens":       {10, nil, nil},
		"vocabulary of 0": {0, nil, nil},
		"stop":            {10, []int32{1}, stop},
	} {
		err := WriteShard(path, c.vocab, func(add func([]int32) error) error {
			if err := add(c.ids); err != nil {
				return err
			}
			return c.err
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want %s", err, want)
		}
		if left := names(t, filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%s: left %v", want, left)
		}
	}
}

// hostileShards are changes to the bytes of a good shard of ten tokens of two bytes.
var hostileShards = []struct {
	want   string
	change func(b []byte) []byte
}{
	{"not a token shard", func(b []byte) []byte { return nil }},
	{"not a token shard", func(b []byte) []byte { return b[:63] }},
	{"not a token shard", func(b []byte) []byte { b[0] = 'I'; return b }},
	{"version 2", func(b []byte) []byte { b[8] = 2; return b }},
	{"tokens of 3 bytes", func(b []byte) []byte { b[12] = 3; return b }},
	{"vocabulary of 0", func(b []byte) []byte { clear(b[16:24]); return b }},
	{"vocabulary of 65537 tokens of 2", func(b []byte) []byte { binary.LittleEndian.PutUint64(b[16:], 65537); return b }},
	{"vocabulary of 4294967296", func(b []byte) []byte { b[12] = 4; binary.LittleEndian.PutUint64(b[16:], 1<<32); return b }},
	{"0 tokens", func(b []byte) []byte { clear(b[24:32]); return b[:64] }},
	{"10 tokens of 2 bytes announced, 19 bytes", func(b []byte) []byte { return b[:len(b)-1] }},
	{"10 tokens of 2 bytes announced, 21 bytes", func(b []byte) []byte { return append(b, 0) }},
	{"9223372036854775818 tokens", func(b []byte) []byte { b[31] = 0x80; return b }},
}

func TestHostileShards(t *testing.T) {
	dir := t.TempDir()
	good, err := os.ReadFile(shardOf(t, dir, "good", 100, 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bad")
	for _, c := range hostileShards {
		if err := os.WriteFile(path, c.change(slices.Clone(good)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := OpenShards(filepath.Join(dir, "good"), path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	if _, err := OpenShards(shardOf(t, dir, "other", 99, 0, 10), filepath.Join(dir, "good")); err == nil || !strings.Contains(err.Error(), "vocabulary of 100 tokens, but") {
		t.Errorf("two vocabularies: %v", err)
	}
	if _, err := OpenShards(); err == nil {
		t.Error("opened no files")
	}
	if _, err := OpenShards(dir); err == nil {
		t.Error("opened a directory")
	}

	flipped := slices.Clone(good)
	flipped[64+7] ^= 0x40 // token 3 becomes 16387
	os.WriteFile(path, flipped, 0o644)
	s := open(t, filepath.Join(dir, "good"), path)
	if err := s.Verify(); err == nil || !strings.Contains(err.Error(), path+" has changed") {
		t.Errorf("Verify of a flipped bit gave %v", err)
	}
	if err := s.Read(make([]int32, 20), 0); err == nil || !strings.Contains(err.Error(), path+": token 3 is 16387") {
		t.Errorf("Read of a flipped bit gave %v", err)
	}
}

func FuzzParseShard(f *testing.F) {
	good, err := os.ReadFile(shardOf(f, f.TempDir(), "good", 100, 0, 10))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, c := range hostileShards {
		f.Add(c.change(slices.Clone(good)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := parseShard(file)
		if err != nil {
			return
		}
		all := &Shards{shards: []shard{s}, count: s.count}
		all.Read(make([]int32, 1), s.count-1)
	})
}
