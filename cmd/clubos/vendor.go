package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/integration"
	"clubos/internal/store"
)

func newVendor(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "vendor", Short: "Connect the vendors of a club: texts, devices, doors, Slack, bookings", Example: "  clubos vendor list\n  clubos vendor set twilio account_sid=AC… auth_token=@-"}
	cmd.AddCommand(newVendorList(io), newVendorSet(io), newVendorRemove(io))
	return cmd
}

func newVendorList(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List vendors, what they need, and what is set", Args: cobra.NoArgs, Example: "  clubos vendor list"}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			tenant, keys, err := a.Tenant(ctx, slug)
			if err != nil {
				return err
			}
			var list []integration.Status
			if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { list, err = integration.Describe(ctx, tx, keys); return err }); err != nil {
				return err
			}
			w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
			for _, s := range list {
				state := "not connected"
				if s.Connected {
					state = "connected"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\n", s.Vendor.Name, state, s.Vendor.Help)
				for _, f := range s.Vendor.Fields {
					mark := " "
					for _, name := range s.Set {
						if name == f.Name {
							mark = "✓"
						}
					}
					required := ""
					if f.Required {
						required = " (required)"
					}
					fmt.Fprintf(w, "  %s %s\t\t%s%s\n", mark, f.Name, f.Help, required)
				}
			}
			return w.Flush()
		})
	}
	return cmd
}

func newVendorSet(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "set VENDOR FIELD=VALUE…", Short: "Connect a vendor or change its fields", Args: cobra.MinimumNArgs(2),
		Long:    "Connect a vendor or change some of its fields. FIELD=@- reads the value from standard input, so that a secret does not stand in the shell's history; FIELD= removes a field. A running server picks the change up at once.",
		Example: "  printf '%s' \"$TOKEN\" | clubos vendor set slack bot_token=@-\n  clubos vendor set unifi base_url=https://192.168.1.1:12445 pin=… token=@-",
	}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		fields := integration.Fields{}
		for _, arg := range args[1:] {
			name, value, ok := strings.Cut(arg, "=")
			if !ok {
				return usageError{fmt.Errorf("%q is not FIELD=VALUE", arg)}
			}
			if value == "@-" {
				b, err := bufio.NewReader(io.in).ReadString('\n')
				if value = strings.TrimSpace(b); value == "" {
					return usageError{fmt.Errorf("no value for %s on standard input: %w", name, err)}
				}
			}
			fields[name] = value
		}
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			tenant, keys, err := a.Tenant(ctx, slug)
			if err != nil {
				return err
			}
			if err := tenant.Write(ctx, func(tx *store.Tx) error { return integration.Put(ctx, tx, keys, operator, args[0], fields) }); err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "Connected %s.\n", args[0])
			return err
		})
	}
	return cmd
}

func newVendorRemove(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "remove VENDOR", Short: "Disconnect a vendor and forget its secrets", Args: cobra.ExactArgs(1), Example: "  clubos vendor remove slack"}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			tenant, _, err := a.Tenant(ctx, slug)
			if err != nil {
				return err
			}
			if err := tenant.Write(ctx, func(tx *store.Tx) error { return integration.Remove(ctx, tx, operator, args[0]) }); err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "Disconnected %s.\n", args[0])
			return err
		})
	}
	return cmd
}
