package train

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
)

// splitRankings holds out the rankings of a share of the prompts, at least of one. All
// rankings of a prompt lie on one side, so that nothing of what is tested was learned.
func splitRankings(all []Ranking, share float64) (learn, test []Ranking, err error) {
	learn, test = holdOut(all, func(r Ranking) string { return promptKey(r.Prompt) }, share)
	if len(test) == 0 {
		return nil, nil, fmt.Errorf("train: %d rankings of %d different prompts: want at least 2, of which one is held out", len(all), min(len(all), 1))
	}
	return learn, test, nil
}

// holdOut divides what there is by its keys: a share of them, at least one and not all, is
// held out, those whose hash is lowest. A key stays on its side when others are added, but for
// a few at the edge. With less than two keys nothing is held out.
func holdOut[T any](all []T, keyOf func(T) string, share float64) (learn, test []T) {
	hashes := map[string]uint64{}
	for _, x := range all {
		key := keyOf(x)
		hashes[key] = hashOf(key)
	}
	order := slices.Collect(maps.Keys(hashes))
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(hashes[a], hashes[b]), cmp.Compare(a, b)) })
	held := map[string]bool{}
	for _, key := range order[:max(0, min(len(order)-1, max(1, int(math.Round(share*float64(len(order)))))))] {
		held[key] = true
	}
	for _, x := range all {
		if held[keyOf(x)] {
			test = append(test, x)
		} else {
			learn = append(learn, x)
		}
	}
	return learn, test
}

// promptKey returns a prompt's tokens as a map's key.
func promptKey(ids []int32) string {
	var key []byte
	for _, id := range ids {
		key = binary.LittleEndian.AppendUint32(key, uint32(id))
	}
	return string(key)
}

// hashOf mixes FNV's hash once more: its high bits hardly know of the last bytes of a short key.
func hashOf(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key)) // it cannot fail
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
