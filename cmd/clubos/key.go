package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
)

func newKey(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Create, list and revoke API keys", Example: "  clubos key create --name zapier --scope bookings.write\n  clubos key list"}
	cmd.AddCommand(newKeyCreate(io), newKeyList(io), newKeyRevoke(io))
	return cmd
}

func newKeyCreate(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "create", Short: "Create an API key and print it, once", Args: cobra.NoArgs, Example: "  clubos key create --name reporting --scope threads.read,tickets.read --expires 2160h"}
	pick := tenantFlag(cmd)
	name := cmd.Flags().String("name", "", "what the key is for (required)")
	scopes := cmd.Flags().StringSlice("scope", nil, "permissions of the key (required): "+permissionNames())
	expires := cmd.Flags().Duration("expires", 0, "how long the key is valid; 0 for ever")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		n := identity.NewAPIKey{Name: *name}
		for _, s := range *scopes {
			p, err := identity.ParsePermission(s)
			if err != nil {
				return err
			}
			n.Scopes = append(n.Scopes, p)
		}
		return withDirectory(cmd.Context(), io, pick, func(ctx context.Context, a *app.App, d *identity.Directory, p identity.Principal) error {
			if *expires > 0 {
				n.ExpiresAt = a.Cluster.Clock().Now().Add(*expires)
			}
			k, token, err := d.CreateAPIKey(ctx, p, n)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "Created %s. The key is shown this once:\n  %s\n", k.ID, token)
			return err
		})
	}
	return cmd
}

func newKeyList(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List a club's API keys", Args: cobra.NoArgs, Example: "  clubos key list"}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withDirectory(cmd.Context(), io, pick, func(ctx context.Context, a *app.App, d *identity.Directory, p identity.Principal) error {
			keys, err := d.FindAPIKeys(ctx, p)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tNAME\tPREFIX\tSTATE\tCREATED")
			for _, k := range keys {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Prefix, keyState(k, a.Cluster.Clock().Now()), k.CreatedAt.UTC().Format(time.RFC3339))
			}
			return w.Flush()
		})
	}
	return cmd
}

// keyState says whether a key is accepted, and if not, why.
func keyState(k identity.APIKey, now time.Time) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked"
	case k.Stopped != "":
		return "stopped: " + k.Stopped
	case !k.Active(now):
		return "expired"
	}
	return "active"
}

func newKeyRevoke(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "revoke ID", Short: "Revoke an API key, at once and for ever", Args: cobra.ExactArgs(1), Example: "  clubos key revoke key_01…"}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withDirectory(cmd.Context(), io, pick, func(ctx context.Context, _ *app.App, d *identity.Directory, p identity.Principal) error {
			if err := d.RevokeAPIKey(ctx, p, club.APIKeyID(args[0])); err != nil {
				return err
			}
			_, err := fmt.Fprintln(io.out, "Revoked.")
			return err
		})
	}
	return cmd
}

func permissionNames() string {
	var out []string
	for _, p := range identity.Permissions() {
		out = append(out, string(p))
	}
	return strings.Join(out, ", ")
}
