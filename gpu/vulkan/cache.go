package vulkan

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"inkstone/gpu/dl"
)

// Drivers give out what they compiled, as bytes of their own format, and take it back in the
// next process. The file begins with a checksum, for a driver that is given damaged bytes may
// crash on them; a file that is damaged, or of another driver, is as good as none.

// cacheMagic begins the file: name and version of the format.
const cacheMagic = "inkstone-vk-cache-1\n"

const (
	cacheHeader    = len(cacheMagic) + sha256.Size
	mostCacheBytes = 256 << 20
)

// cacheDir returns where the files' folder is; tests put it elsewhere.
var cacheDir = os.UserCacheDir

// cacheFile returns the path of a device's file, or "" where there is no place for one.
func (p *physical) cacheFile() string {
	dir, err := cacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "inkstone", fmt.Sprintf("vulkan-%x-%08x.cache", p.info.UUID, p.info.Version))
}

// readCache returns the driver's bytes of a file, or nil where there are none to trust. They
// begin with a header (VkPipelineCacheHeaderVersionOne) that names the driver by uuid.
func readCache(path string, uuid [16]byte) []byte {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err != nil || info.Size() > mostCacheBytes {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil || len(data) < cacheHeader || string(data[:len(cacheMagic)]) != cacheMagic {
		return nil
	}
	body := data[cacheHeader:]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[len(cacheMagic):cacheHeader]) {
		return nil
	}
	const headerBytes = 32
	if len(body) < headerBytes || binary.LittleEndian.Uint32(body[4:]) != 1 || [16]byte(body[16:32]) != uuid {
		return nil
	}
	return body
}

// storeCache replaces a file, in one step, so that a reader sees the old one or the new one.
func storeCache(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	for _, part := range [][]byte{[]byte(cacheMagic), sum[:], body} {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// createCache makes the device's cache, with what was stored.
func (d *Device) createCache(c *dl.Caller) error {
	a := &d.arena
	a.Reset()
	data, dataAt := a.Bytes(len(d.stored))
	copy(data, d.stored)
	info, infoAt := dl.New[pipelineCacheCreateInfo](a)
	info.sType, info.size, info.data = typePipelineCacheCreateInfo, uintptr(len(data)), dataAt
	out, outAt := dl.New[uintptr](a)
	r := c.Call(d.vk.CreatePipelineCache, d.handle, infoAt, 0, outAt)
	d.cache = *out
	return d.check("open", r)
}

// writeCache stores the cache if it has something new. It is only a cache: where it cannot be
// stored, the next process compiles again.
func (d *Device) writeCache(c *dl.Caller) {
	path := d.physical.cacheFile()
	if path == "" || len(d.programs) == 0 {
		return
	}
	a := &d.arena
	a.Reset()
	size, sizeAt := dl.New[uintptr](a)
	if result(c.Call(d.vk.GetPipelineCacheData, d.handle, d.cache, sizeAt, 0)) != success || *size == 0 {
		return
	}
	data, dataAt := a.Bytes(int(*size))
	if result(c.Call(d.vk.GetPipelineCacheData, d.handle, d.cache, sizeAt, dataAt)) != success {
		return
	}
	if data = data[:*size]; !bytes.Equal(data, d.stored) {
		_ = storeCache(path, data)
	}
}
