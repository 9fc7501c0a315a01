package train

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
)

// splitRankings holds out the rankings of a share of the prompts, at least of one: those whose
// hash is lowest. All rankings of a prompt lie on one side, so that nothing of what is tested
// was learned, and a prompt stays on its side when others are added, but for a few at the edge.
func splitRankings(all []Ranking, share float64) (learn, test []Ranking, err error) {
	hashes := map[string]uint64{}
	for _, r := range all {
		if key := promptKey(r.Prompt); hashes[key] == 0 {
			hashes[key] = hashOf(key)
		}
	}
	if len(hashes) < 2 {
		return nil, nil, fmt.Errorf("train: %d rankings of %d different prompts: want at least 2, of which one is held out", len(all), len(hashes))
	}
	order := make([]string, 0, len(hashes))
	for key := range hashes {
		order = append(order, key)
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(hashes[a], hashes[b]), cmp.Compare(a, b)) })
	held := map[string]bool{}
	for _, key := range order[:min(len(order)-1, max(1, int(math.Round(share*float64(len(order))))))] {
		held[key] = true
	}
	for _, r := range all {
		if held[promptKey(r.Prompt)] {
			test = append(test, r)
		} else {
			learn = append(learn, r)
		}
	}
	return learn, test, nil
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
