// Package dl loads the system's shared libraries into a static Go binary, without cgo.
package dl
