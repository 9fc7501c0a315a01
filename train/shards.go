package train

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"

	"inkstone/tensor/files"
)

// A shard is a file of token ids:
//
//	 0  8 bytes   magic "inkshard"
//	 8  uint32    version, 1
//	12  uint32    bytes of a token, 2 or 4
//	16  uint64    vocabulary size V; every token is below it
//	24  uint64    number of tokens
//	32  32 bytes  SHA-256 of the tokens' bytes
//	64  tokens
//
// All numbers are little-endian.
const (
	shardMagic   = "inkshard"
	shardVersion = 1
	shardHeader  = 64
)

// WriteShard writes a shard of a vocabulary. fill hands the token ids over, in pieces of
// any length; they are written as they come. The file appears under its name when it is
// complete and on disk.
func WriteShard(path string, vocab int, fill func(add func(ids []int32) error) error) error {
	if vocab < 1 || vocab > math.MaxInt32 {
		return fmt.Errorf("train: writing %s: vocabulary of %d tokens", path, vocab)
	}
	err := files.WriteAtomic(path, func(f *os.File) error {
		if _, err := f.Write(make([]byte, shardHeader)); err != nil {
			return err
		}
		width := 2
		if vocab > 1<<16 {
			width = 4
		}
		out, hash, count := bufio.NewWriterSize(f, 1<<16), sha256.New(), 0
		block := make([]byte, 0, 1<<12)
		err := fill(func(ids []int32) error {
			for len(ids) > 0 {
				n := min(len(ids), cap(block)/width)
				block = block[:0]
				for _, id := range ids[:n] {
					if id < 0 || int(id) >= vocab {
						return fmt.Errorf("token %d is %d, outside of a vocabulary of %d", count, id, vocab)
					}
					if width == 2 {
						block = binary.LittleEndian.AppendUint16(block, uint16(id))
					} else {
						block = binary.LittleEndian.AppendUint32(block, uint32(id))
					}
					count++
				}
				hash.Write(block)
				if _, err := out.Write(block); err != nil {
					return err
				}
				ids = ids[n:]
			}
			return nil
		})
		if err != nil {
			return err
		}
		if count == 0 {
			return errors.New("no tokens")
		}
		if err := out.Flush(); err != nil {
			return err
		}
		header := append(make([]byte, 0, shardHeader), shardMagic...)
		header = binary.LittleEndian.AppendUint32(header, shardVersion)
		header = binary.LittleEndian.AppendUint32(header, uint32(width))
		header = binary.LittleEndian.AppendUint64(header, uint64(vocab))
		header = binary.LittleEndian.AppendUint64(header, uint64(count))
		_, err = f.WriteAt(hash.Sum(header), 0)
		return err
	})
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// A shard is one open file.
type shard struct {
	path    string
	mapping *files.Mapping
	vocab   int
	width   int
	count   int
	first   int // position of its first token among all shards
	tokens  []byte
	sum     [sha256.Size]byte
}

// parseShard checks everything about a shard but its checksum and its tokens.
func parseShard(file []byte) (s shard, err error) {
	if len(file) < shardHeader || string(file[:8]) != shardMagic {
		return s, errors.New("not a token shard")
	}
	version := binary.LittleEndian.Uint32(file[8:])
	width := binary.LittleEndian.Uint32(file[12:])
	vocab := binary.LittleEndian.Uint64(file[16:])
	count := binary.LittleEndian.Uint64(file[24:])
	s.tokens = file[shardHeader:]
	switch {
	case version != shardVersion:
		return s, fmt.Errorf("token shard of version %d, this program reads version %d", version, shardVersion)
	case width != 2 && width != 4:
		return s, fmt.Errorf("tokens of %d bytes, want 2 or 4", width)
	case vocab < 1 || vocab > math.MaxInt32 || width == 2 && vocab > 1<<16:
		return s, fmt.Errorf("vocabulary of %d tokens of %d bytes", vocab, width)
	case count < 1 || count > uint64(len(s.tokens))/uint64(width) || count*uint64(width) != uint64(len(s.tokens)):
		return s, fmt.Errorf("%d tokens of %d bytes announced, %d bytes there (truncated?)", count, width, len(s.tokens))
	}
	s.width, s.vocab, s.count = int(width), int(vocab), int(count)
	copy(s.sum[:], file[32:])
	return s, nil
}

// at returns token i of the shard.
func (s *shard) at(i int) int {
	if s.width == 2 {
		return int(binary.LittleEndian.Uint16(s.tokens[2*i:]))
	}
	return int(binary.LittleEndian.Uint32(s.tokens[4*i:]))
}

// Shards are files of token ids, mapped into memory and read as one long text. They may
// be read by several goroutines.
type Shards struct {
	shards []shard
	count  int
}

// OpenShards opens files that WriteShard wrote, all of one vocabulary. It checks their
// structure but not their contents: see Verify.
func OpenShards(paths ...string) (*Shards, error) {
	if len(paths) == 0 {
		return nil, errors.New("train: no token shards")
	}
	all := new(Shards)
	for _, path := range paths {
		m, err := files.Map(path)
		if err != nil {
			all.Close()
			return nil, fmt.Errorf("train: %w", err)
		}
		s, err := parseShard(m.Bytes())
		if err == nil && len(all.shards) > 0 && s.vocab != all.Vocab() {
			err = fmt.Errorf("vocabulary of %d tokens, but %s has %d", s.vocab, all.shards[0].path, all.Vocab())
		}
		if err == nil && s.count > math.MaxInt-all.count {
			err = errors.New("more tokens than this machine can count")
		}
		s.path, s.mapping, s.first = path, m, all.count
		all.shards = append(all.shards, s)
		all.count += s.count
		if err != nil {
			all.Close()
			return nil, fmt.Errorf("train: %s: %w", path, err)
		}
	}
	return all, nil
}

// Len returns the number of tokens.
func (s *Shards) Len() int { return s.count }

// Vocab returns the vocabulary size V.
func (s *Shards) Vocab() int { return s.shards[0].vocab }

// Hash identifies the tokens and their order, for the record of a run. It is made from the
// checksums in the files.
func (s *Shards) Hash() string {
	h := sha256.New()
	for i := range s.shards {
		h.Write(s.shards[i].sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Verify reads all tokens and compares their checksums with those in the files.
func (s *Shards) Verify() error {
	for i := range s.shards {
		if sha256.Sum256(s.shards[i].tokens) != s.shards[i].sum {
			return fmt.Errorf("train: %s has changed since it was written (its SHA-256 differs)", s.shards[i].path)
		}
	}
	return nil
}

// Read copies the tokens from position at on to dst. The positions must exist. A token
// outside of the vocabulary, in a file that was damaged, is an error.
func (s *Shards) Read(dst []int32, at int) error {
	if at < 0 || at > s.count-len(dst) {
		panic(fmt.Sprintf("train: Shards.Read: tokens %d to %d of %d", at, at+len(dst), s.count))
	}
	for i := range s.shards {
		f := &s.shards[i]
		if at >= f.first+f.count {
			continue
		}
		n := min(len(dst), f.first+f.count-at)
		for j := range dst[:n] {
			id := f.at(at - f.first + j)
			if id >= f.vocab {
				return fmt.Errorf("train: %s: token %d is %d, outside of its vocabulary of %d (damaged?)", f.path, at-f.first+j, id, f.vocab)
			}
			dst[j] = int32(id)
		}
		if dst, at = dst[n:], at+n; len(dst) == 0 {
			break
		}
	}
	return nil
}

// Close ends the mappings.
func (s *Shards) Close() error {
	var errs []error
	for i := range s.shards {
		errs = append(errs, s.shards[i].mapping.Close())
	}
	s.shards, s.count = nil, 0
	return errors.Join(errs...)
}
