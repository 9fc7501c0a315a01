package nn

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A Cache keeps the keys and values of the positions a model has seen, so that each new
// token costs one position's work. Its sequences all have the same length. A nil *Cache
// keeps nothing and has length 0.
type Cache struct {
	keys, values []*tensor.Tensor // per layer, [B, capacity, H/G, D]; those of a head lie together
	length       int
}

// NewCache returns an empty cache for batch sequences of up to capacity positions.
func NewCache(c *Config, dtype tensor.DType, batch, capacity int) *Cache {
	cache := new(Cache)
	store := func() *tensor.Tensor { // attention reads a head's keys one after the other
		return tensor.New(dtype, batch, c.KVHeads, capacity, c.HeadSize).Transpose(1, 2)
	}
	for range c.Layers {
		cache.keys = append(cache.keys, store())
		cache.values = append(cache.values, store())
	}
	return cache
}

// Len returns the number of positions in the cache.
func (c *Cache) Len() int {
	if c == nil {
		return 0
	}
	return c.length
}

// Cap returns the number of positions the cache has room for.
func (c *Cache) Cap() int { return c.keys[0].Dim(1) }

// Truncate forgets all but the first n positions.
func (c *Cache) Truncate(n int) {
	if n < 0 || n > c.length {
		panic(fmt.Sprintf("nn: Truncate to %d positions of %d", n, c.length))
	}
	c.length = n
}

// extend writes the keys and values k, v [B, T, H/G, D] of a layer behind those in the
// cache and returns all of them, [B, past+T, H/G, D].
func (c *Cache) extend(t *autograd.Tape, layer int, k, v *autograd.Variable) (allK, allV *autograd.Variable) {
	if c == nil {
		return k, v
	}
	end := c.length + k.Dim(1)
	if end > c.Cap() || k.Dim(0) != c.keys[layer].Dim(0) {
		panic(fmt.Sprintf("nn: %d sequences of %d positions in a cache of %v", k.Dim(0), end, c.keys[layer].Shape()))
	}
	put := func(store *tensor.Tensor, x *autograd.Variable) *autograd.Variable {
		t.Backend().Copy(t.Arena().Slice(store, 1, c.length, end), x.Value)
		return t.Input(t.Arena().Slice(store, 1, 0, end))
	}
	return put(c.keys[layer], k), put(c.values[layer], v)
}

// advance notes that all layers have been extended by n positions.
func (c *Cache) advance(n int) {
	if c != nil {
		c.length += n
	}
}
