// Command clubos runs clubs that have no staff on site.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"clubos/internal/club"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], std{os.Stdin, os.Stdout, os.Stderr}))
}

// run executes a command line and returns the exit status: 0 done, 1 failed, 2 wrongly called.
func run(ctx context.Context, args []string, io std) int {
	root := newRoot(io)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(io.err, "clubos:", describe(err))
	if club.CodeOf(err) == club.CodeInvalid || isUsage(err) {
		return 2
	}
	return 1
}
