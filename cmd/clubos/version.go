package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"clubos/internal/app"
)

func newVersion(io std) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs, Example: "  clubos version",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(io.out, "clubos %s %s %s/%s\n", app.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
