//go:build !unix

package config

// Without a way to open at once, the file is looked at before.
const (
	opensAtOnce = false
	openFlags   = 0
)
