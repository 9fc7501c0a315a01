// Package rules holds the repository's rules as tests: which way imports go, what
// the library may depend on, where raw instructions may stand, that everything is
// documented. It has no code of its own.
package rules
