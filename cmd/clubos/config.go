package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clubos/internal/app"
)

func newConfig(io std) *cobra.Command {
	var markdown, asJSON bool
	cmd := &cobra.Command{
		Use: "config", Short: "Print the effective configuration, secrets masked", Args: cobra.NoArgs,
		Long:    "Print every configuration value, where it came from, and what it is for. Secrets are masked. The configuration is checked as a whole; everything that is wrong is reported at once.",
		Example: "  clubos config\n  clubos config --json",
		RunE: func(*cobra.Command, []string) error {
			if markdown {
				_, err := fmt.Fprint(io.out, app.ConfigMarkdown())
				return err
			}
			environ := app.Environ()
			cfg, invalid := app.LoadConfig(environ)
			values := cfg.Describe(environ)
			if asJSON {
				enc := json.NewEncoder(io.out)
				enc.SetIndent("", "  ")
				if err := enc.Encode(values); err != nil {
					return err
				}
				return invalid
			}
			w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tVALUE\tFROM\tMEANING")
			for _, v := range values {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Name, strings.ReplaceAll(v.Value, "\n", " "), v.From, v.Help)
			}
			if err := w.Flush(); err != nil {
				return err
			}
			return invalid
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the reference that stands in docs/configuration.md")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
