package main

import (
	"runtime"
	"runtime/debug"
)

// version describes this build.
func version() string {
	v := "inkstone (unversioned)"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				v = "inkstone " + s.Value[:12]
			}
		}
	}
	return v + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
