package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	stdio "io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
)

func newAudit(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "audit", Short: "Verify the audit log, and hand it to somebody who verifies it elsewhere", Example: "  clubos audit head > head.txt\n  clubos audit verify --head head.txt\n  clubos audit export --out audit.jsonl",
		Long: `Each entry of a club's audit log has its place in a Merkle tree (RFC 9162), and the root of the tree is
signed with a key of the club once a minute, when there is something new: the head. Whoever keeps a head
and the public key elsewhere can prove later that nothing which the head counts was changed, taken out,
put in or moved. What a club keeps no longer leaves its digest.`,
	}
	cmd.AddCommand(newAuditVerify(io), newAuditExport(io), newAuditHead(io), newAuditKey(io), newAuditProve(io))
	return cmd
}

// withLog opens the installation for a club's audit log.
func withLog(ctx context.Context, io std, pick func(context.Context, *app.App) (club.Slug, error), fn func(context.Context, *audit.Keeper, *store.Tenant) error) error {
	return withApp(ctx, io, func(ctx context.Context, a *app.App) error {
		slug, err := pick(ctx, a)
		if err != nil {
			return err
		}
		tenant, _, err := a.Tenant(ctx, slug)
		if err != nil {
			return err
		}
		return fn(ctx, a.Audit, tenant)
	})
}

func newAuditVerify(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "verify [FILE]", Short: "Find whatever was changed, taken out, put in or moved in the audit log", Args: cobra.MaximumNArgs(1),
		Example: "  clubos audit verify\n  clubos audit verify --head head.txt\n  clubos audit verify audit.jsonl --key @key.txt --head head.txt\n  clubos audit verify entry.tlog-proof --key @key.txt",
		Long: `Without FILE, verify the log in the club's database: each entry against its leaf, the root of each head,
signatures, and that nothing is missing but what was retired. With FILE, verify what clubos audit export
or clubos audit prove wrote, without an installation: by FILE and the public key alone.

A log that verifies in itself may still have been cut off or rewritten as a whole by somebody who has the
master key. Give what you kept elsewhere: the public key (--key), and heads (--head), and that is found,
too. The exit status is 1 when something is found.`,
	}
	pick := tenantFlag(cmd)
	key := cmd.Flags().String("key", "", "the club's public key that was kept, or @FILE that holds it; needed with FILE")
	heads := cmd.Flags().StringSlice("head", nil, "file with a head that was kept, as clubos audit head prints it; may be repeated")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		against, err := readAgainst(*key, *heads)
		if err != nil {
			return err
		}
		say, end := progress(io.err)
		told := func(done, all int64) {
			if say != nil {
				say(fmt.Sprintf("%d of %d entries", done, all))
			}
		}
		if len(args) == 0 {
			return withLog(cmd.Context(), io, pick, func(ctx context.Context, k *audit.Keeper, tenant *store.Tenant) error {
				report, err := k.Verify(ctx, tenant, against, told)
				end()
				if err != nil {
					return err
				}
				return writeAuditReport(io.out, tenant.Slug.String(), report, *asJSON)
			})
		}
		if against.Key == "" {
			return usageError{errors.New("--key says which public key the file must be signed with; clubos audit key prints it, and what stands in the file itself proves nothing")}
		}
		f, err := os.Open(filepath.Clean(args[0]))
		if err != nil {
			return club.Invalid("%s cannot be opened", args[0])
		}
		defer func() { _ = f.Close() }()
		in := bufio.NewReader(f)
		if begins, _ := in.Peek(64); audit.IsProof(begins) {
			return verifyProof(io, in, against, *asJSON)
		}
		report, err := audit.VerifyBundle(in, against, func(done int64) {
			if say != nil {
				say(fmt.Sprintf("%d entries", done))
			}
		})
		end()
		if err != nil {
			return err
		}
		return writeAuditReport(io.out, args[0], report, *asJSON)
	}
	return cmd
}

// readAgainst reads what was kept outside the installation.
func readAgainst(key string, heads []string) (a audit.Against, err error) {
	if file, ok := strings.CutPrefix(key, "@"); ok {
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			return a, club.Invalid("%s cannot be opened", file)
		}
		key = string(text)
	}
	if a.Key = strings.TrimSpace(key); a.Key != "" {
		if _, err := audit.ParseKey(a.Key); err != nil {
			return a, err
		}
	}
	for _, file := range heads {
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			return a, club.Invalid("%s cannot be opened", file)
		}
		a.Heads = append(a.Heads, string(text))
	}
	return a, nil
}

func writeAuditReport(w stdio.Writer, what string, r audit.Report, asJSON bool) error {
	found := int64(len(r.Findings)) + r.More
	if asJSON {
		if err := writeJSON(w, r); err != nil {
			return err
		}
	} else {
		for _, f := range r.Findings {
			fmt.Fprintln(w, f)
		}
		if r.More > 0 {
			fmt.Fprintf(w, "… and %d more\n", r.More)
		}
		fmt.Fprintf(w, "%s: %d entries looked at, of which %d were retired, and %d heads", what, r.Leaves, r.Retired, r.Heads)
		if h := r.Newest; h != nil {
			fmt.Fprintf(w, ", the newest of %s over %d", h.At.UTC().Format(time.RFC3339), h.Size)
		}
		fmt.Fprintln(w)
	}
	if found > 0 {
		return fmt.Errorf("the audit log is not what was signed; findings: %d", found)
	}
	if !asJSON {
		fmt.Fprintln(w, "Nothing is wrong.")
	}
	return nil
}

func verifyProof(io std, in stdio.Reader, a audit.Against, asJSON bool) error {
	key, err := audit.ParseKey(a.Key)
	if err != nil {
		return err
	}
	text, err := stdio.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	p, err := audit.CheckProof(string(text), key)
	if err != nil {
		return errors.New(club.MessageOf(err)) // status 1: it was called rightly
	}
	if asJSON {
		return writeJSON(io.out, p)
	}
	if p.Entry == "" {
		p.Entry = p.Leaf + "(the entry itself was retired)"
	}
	_, err = fmt.Fprintf(io.out, "%s\nstands at position %d of %s, whose head of %s has %d entries.\n", p.Entry, p.Position, p.Head.Log, p.Head.At.UTC().Format(time.RFC3339), p.Head.Size)
	return err
}

func newAuditExport(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "export", Short: "Write the audit log to a file that can be verified elsewhere", Args: cobra.NoArgs, Example: "  clubos audit export --out audit.jsonl",
		Long: `Write the log of a club as JSON lines: every entry with its digest, what is left of retired ones, all
heads and the public key. The file is in clear. It is made anew, never written over.`,
	}
	pick := tenantFlag(cmd)
	out := cmd.Flags().String("out", "", "the file (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *out == "" {
			return usageError{errors.New("--out says which file to write")}
		}
		return withLog(cmd.Context(), io, pick, func(ctx context.Context, k *audit.Keeper, tenant *store.Tenant) error {
			say, end := progress(io.err)
			n, err := exportLog(ctx, k, tenant, filepath.Clean(*out), func(done, all int64) {
				if say != nil {
					say(fmt.Sprintf("%d of %d entries", done, all))
				}
			})
			end()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "%s: %d entries written to %s\n", tenant.Slug, n, *out)
			return err
		})
	}
	return cmd
}

// exportLog writes a bundle aside and gives it its name when it is whole.
func exportLog(ctx context.Context, k *audit.Keeper, tenant *store.Tenant, path string, told func(done, all int64)) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, club.Conflict("%s is there already; an export is never written over", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".clubos-audit-*") // mode 0600
	if err != nil {
		return 0, fmt.Errorf("make the file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.RemoveAll(f.Name())) }()
	if n, err = k.Export(ctx, tenant, f, told); err != nil {
		return n, err
	}
	if err := f.Sync(); err != nil {
		return n, fmt.Errorf("write the file: %w", err)
	}
	return n, os.Link(f.Name(), path) // fails where somebody else has made the file meanwhile
}

func newAuditHead(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "head", Short: "Print the newest signed head, to be kept elsewhere", Args: cobra.NoArgs, Example: "  clubos audit head --club fairway > fairway-$(date +%F).head",
		Long: `Print the newest head of a club's audit log, a signed note (C2SP tlog-checkpoint) of a few lines. Entries
that have come since the last one get their places first. Keep it where nobody who may write to the
database or has the master key can change it: it proves what the log was.`,
	}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withLog(cmd.Context(), io, pick, func(ctx context.Context, k *audit.Keeper, tenant *store.Tenant) error {
			head, err := k.NewestHead(ctx, tenant)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(io.out, head)
			return err
		})
	}
	return cmd
}

func newAuditKey(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Print the public key of the audit log, to be kept elsewhere", Args: cobra.NoArgs, Example: "  clubos audit key --club fairway > fairway.key"}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withLog(cmd.Context(), io, pick, func(ctx context.Context, k *audit.Keeper, tenant *store.Tenant) error {
			key, err := k.Key(ctx, tenant)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(io.out, key)
			return err
		})
	}
	return cmd
}

func newAuditProve(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "prove ENTRY-ID", Short: "Print a proof that an entry stands in the log", Args: cobra.ExactArgs(1), Example: "  clubos audit prove aud_01… > entry.tlog-proof\n  clubos audit verify entry.tlog-proof --key @key.txt",
		Long: `Print a proof (C2SP tlog-proof) that one entry stands in the log of the newest head: the entry, its
position, some hashes and the head. Whoever has the public key can verify it; nothing else of the log is
shown.`,
	}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withLog(cmd.Context(), io, pick, func(ctx context.Context, k *audit.Keeper, tenant *store.Tenant) error {
			proof, err := k.Prove(ctx, tenant, club.AuditID(args[0]))
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(io.out, proof)
			return err
		})
	}
	return cmd
}
