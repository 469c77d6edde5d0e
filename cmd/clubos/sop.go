package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

func newSOP(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "sop", Short: "Check, import and export procedures", Example: "  clubos sop import sops.yaml\n  clubos sop export > sops.yaml"}
	cmd.AddCommand(newSOPCheck(io), newSOPImport(io), newSOPExport(io))
	return cmd
}

func newSOPCheck(io std) *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check a file of procedures and say everything that is wrong", Args: cobra.ExactArgs(1), Example: "  clubos sop check sops.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			docs, err := readSOPs(io, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "%d procedures, nothing wrong.\n", len(docs))
			return err
		},
	}
}

func newSOPImport(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Import procedures from YAML or JSON, all or nothing", Args: cobra.ExactArgs(1),
		Long:    "Import procedures, all or nothing. A procedure that is there already gets a new version where it differs. FILE may be - for standard input, or 'starter' for the procedures that come with ClubOS.",
		Example: "  clubos sop import starter\n  clubos sop import sops.yaml --note \"autumn prices\"",
	}
	pick := tenantFlag(cmd)
	note := cmd.Flags().String("note", "imported", "why; kept with the versions")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		docs, err := readSOPs(io, args[0])
		if err != nil {
			return err
		}
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			result, err := a.ImportSOPs(ctx, slug, docs, *note, args[0] == "starter")
			if err != nil {
				return err
			}
			if err := a.TrainMatcher(ctx, slug); err != nil {
				return err
			}
			_, err = fmt.Fprintln(io.out, result)
			return err
		})
	}
	return cmd
}

func newSOPExport(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "export", Short: "Print a club's procedures", Args: cobra.NoArgs, Example: "  clubos sop export > sops.yaml"}
	pick := tenantFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON instead of YAML")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			tenant, _, err := a.Tenant(ctx, slug)
			if err != nil {
				return err
			}
			var docs []knowledge.Document
			if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { docs, err = a.Library.Export(ctx, tx); return err }); err != nil {
				return err
			}
			if *asJSON {
				return knowledge.WriteJSON(io.out, docs)
			}
			return knowledge.WriteYAML(io.out, docs)
		})
	}
	return cmd
}

// readSOPs reads and checks a file of procedures.
func readSOPs(s std, name string) ([]knowledge.Document, error) {
	var r io.Reader
	switch name {
	case "-":
		r = s.in
	case "starter":
		r = strings.NewReader(string(knowledge.Starter()))
	default:
		f, err := os.Open(name)
		if err != nil {
			return nil, club.Invalid("%s cannot be opened", name)
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	format := knowledge.FormatYAML
	if strings.HasSuffix(name, ".json") {
		format = knowledge.FormatJSON
	}
	cat, err := app.LoadCatalogue()
	if err != nil {
		return nil, err
	}
	docs, problems := knowledge.Import(r, format, cat)
	if len(problems) == 0 {
		return docs, nil
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = errors.New(p.String())
	}
	return nil, club.Invalid("%s:\n%s", name, errors.Join(errs...))
}
