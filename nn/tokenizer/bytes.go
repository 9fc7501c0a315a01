package tokenizer

// GPT-2's vocabulary files write each byte as a printable character: those that are
// printable in Latin-1 as themselves, the others as the characters from U+0100 on.
var (
	byteRune [256]rune
	runeByte = map[rune]byte{}
)

func init() {
	next := rune(0x100)
	for b := range 256 {
		r := rune(b)
		if !('!' <= r && r <= '~' || '¡' <= r && r <= '¬' || '®' <= r && r <= 'ÿ') {
			r = next
			next++
		}
		byteRune[b], runeByte[r] = r, byte(b)
	}
}

// printable writes bytes as GPT-2's files do.
func printable(bytes string) string {
	r := make([]rune, len(bytes))
	for i := range len(bytes) {
		r[i] = byteRune[bytes[i]]
	}
	return string(r)
}

// fromPrintable undoes printable; ok is false for characters that stand for no byte.
func fromPrintable(s string) (bytes string, ok bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		x, ok := runeByte[r]
		if !ok {
			return "", false
		}
		b = append(b, x)
	}
	return string(b), true
}
