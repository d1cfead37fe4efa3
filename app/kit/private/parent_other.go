//go:build !linux

package private

import "syscall"

// dieWithParent is Linux's. Elsewhere a child outlives a program that was
// killed; the next start finds it by its pid file and ends it.
func dieWithParent(*syscall.SysProcAttr) {}
