package private

import "syscall"

// dieWithParent has the kernel end the child when the program dies. SIGINT is
// PostgreSQL's fast shutdown and ends Redis too.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
