package vulkan

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/irtest"
	"inkstone/gpu/kernels"
	"inkstone/gpu/kernels/kerneltest"
)

// mostRegisters is the budget of AMD's vector registers for a kernel: with 128 of the 256 that a
// lane can have, a unit holds two waves at least, and one computes while the other waits for
// memory.
const mostRegisters = 128

// TestAMD: AMD's compiler takes every kernel, for the subgroups of three generations, keeps within
// the budget of registers and spills none to memory. Mesa's driver for it has a device without
// hardware, which compiles and does nothing else: it cannot even make the time line.
func TestAMD(t *testing.T) {
	const manifest = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json"
	for _, family := range []string{"vega20", "navi21", "gfx1100"} {
		t.Run(family, func(t *testing.T) {
			if os.Getenv(childVariable) != "" {
				compileForAMD(t)
				return
			}
			if _, err := os.Stat(manifest); err != nil {
				t.Skip(err)
			}
			out, _ := inChild(t, "RADV_FORCE_FAMILY="+family, "RADV_DEBUG=shaderstats,nocache",
				"VK_ICD_FILENAMES="+manifest, "VK_DRIVER_FILES="+manifest)
			checkRegisters(t, out)
		})
	}
}

// announced is what compileForAMD writes before each kernel; the driver writes what it made of it.
const announced = "kernel: "

func compileForAMD(t *testing.T) {
	i, err := load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(i.devices[0])
	d.do(func(c *dl.Caller) { err = d.create(c) })
	if e := (*driver.Error)(nil); err != nil && (!errors.As(err, &e) || e.Op != "vkCreateSemaphore") {
		t.Fatal(err)
	}
	for _, n := range d.Info().Subgroups {
		var all []*ir.Kernel
		for _, c := range irtest.Cases(n) {
			all = append(all, c.Kernel)
		}
		for _, c := range kerneltest.Cases(kernels.Device{Subgroup: n, SharedBytes: d.Info().MaxShared, Units: 64}) {
			k, err := c.Kernel.Build()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, k)
		}
		compiled := 0
		for _, k := range all {
			fmt.Fprintf(os.Stderr, "%s%s for subgroups of %d\n", announced, k.Name, n)
			if _, err := d.Compile(k); err == nil {
				compiled++
			} else if !errors.Is(err, driver.ErrUnsupported) {
				t.Error(err)
			}
		}
		if compiled < len(all)*9/10 {
			t.Errorf("subgroups of %d: only %d of %d kernels are supported", n, compiled, len(all))
		}
	}
}

// stat is one line of what the driver says of a kernel.
var stat = regexp.MustCompile(`^(VGPRs|Spilled SGPRs|Spilled VGPRs|Scratch size): *(\d+)`)

// checkRegisters reads what the driver said of each kernel.
func checkRegisters(t *testing.T, out string) {
	kernel, seen, most, greedy := "", 0, 0, ""
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), announced); ok {
			kernel = name
		}
		m := stat.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case m[1] != "VGPRs":
			if n != 0 {
				t.Errorf("%s: %s: %d", kernel, m[1], n)
			}
			continue
		case n > mostRegisters:
			t.Errorf("%s: %d vector registers, more than %d", kernel, n, mostRegisters)
		}
		seen++
		if n > most {
			most, greedy = n, kernel
		}
	}
	if seen < 150 {
		t.Fatalf("the driver told of %d kernels only:\n%s", seen, out)
	}
	t.Logf("%d kernels; the most vector registers, %d, has %s", seen, most, greedy)
}
