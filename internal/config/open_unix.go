//go:build unix

package config

import "syscall"

// Opening with O_NONBLOCK waits for nobody, and means nothing to regular files.
const (
	opensAtOnce = true
	openFlags   = syscall.O_NONBLOCK
)
