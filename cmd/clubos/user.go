package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
)

func newUser(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Create users, list them, and let them in", Example: "  clubos user create --role operator --email sam@example.com --name Sam\n  clubos user link --email sam@example.com"}
	cmd.AddCommand(newUserCreate(io), newUserList(io), newUserLink(io), newUserPassword(io))
	return cmd
}

func newUserCreate(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create", Short: "Create a user and print a link to sign in with", Args: cobra.NoArgs,
		Example: "  clubos user create --role operator --email sam@example.com --name \"Sam Park\"\n  printf '%s' \"$PASSWORD\" | clubos user create --role viewer --email x@example.com --password-stdin",
	}
	pick := tenantFlag(cmd)
	email := cmd.Flags().String("email", "", "e-mail address (required)")
	name := cmd.Flags().String("name", "", "name; the address by default")
	role := cmd.Flags().String("role", "operator", "owner, admin, operator, tech or viewer")
	fromStdin := cmd.Flags().Bool("password-stdin", false, "read a password from standard input instead of printing a link")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := club.ParseRole(*role)
		if err != nil {
			return err
		}
		n := identity.NewUser{Email: *email, Name: *name, Role: r}
		if n.Name == "" {
			n.Name = n.Email
		}
		if *fromStdin {
			if n.Password, err = readPassword(io); err != nil {
				return err
			}
		}
		return withDirectory(cmd.Context(), io, pick, func(ctx context.Context, a *app.App, d *identity.Directory, p identity.Principal) error {
			u, err := d.CreateUser(ctx, p, n)
			if err != nil {
				return err
			}
			fmt.Fprintf(io.out, "Created %s %s.\n", r, u.ID)
			if n.Password != "" {
				return nil
			}
			return printLink(ctx, io, a, d, p, u.ID)
		})
	}
	return cmd
}

func newUserList(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List a club's users", Args: cobra.NoArgs, Example: "  clubos user list"}
	pick := tenantFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withDirectory(cmd.Context(), io, pick, func(ctx context.Context, _ *app.App, d *identity.Directory, p identity.Principal) error {
			users, err := d.FindUsers(ctx, p)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tNAME\tE-MAIL\tROLE\tSTATUS")
			for _, u := range users {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.ID, u.Name, u.Email, u.Role, u.Status)
			}
			return w.Flush()
		})
	}
	return cmd
}

func newUserLink(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "link", Short: "Print a link that signs a user in once, within 15 minutes", Args: cobra.NoArgs, Example: "  clubos user link --email sam@example.com"}
	pick := tenantFlag(cmd)
	email := cmd.Flags().String("email", "", "the user's e-mail address (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withDirectory(cmd.Context(), io, pick, func(ctx context.Context, a *app.App, d *identity.Directory, p identity.Principal) error {
			id, err := d.FindUserIDByEmail(ctx, p, *email)
			if err != nil {
				return err
			}
			return printLink(ctx, io, a, d, p, id)
		})
	}
	return cmd
}

func newUserPassword(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "password", Short: "Set a user's password from standard input", Args: cobra.NoArgs,
		Example: "  printf '%s' \"$PASSWORD\" | clubos user password --email sam@example.com",
	}
	pick := tenantFlag(cmd)
	email := cmd.Flags().String("email", "", "the user's e-mail address (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		password, err := readPassword(io)
		if err != nil {
			return err
		}
		return withDirectory(cmd.Context(), io, pick, func(ctx context.Context, _ *app.App, d *identity.Directory, p identity.Principal) error {
			id, err := d.FindUserIDByEmail(ctx, p, *email)
			if err != nil {
				return err
			}
			if err := d.SetPassword(ctx, p, id, password); err != nil {
				return err
			}
			_, err = fmt.Fprintln(io.out, "The password is set; all sessions of the user have ended.")
			return err
		})
	}
	return cmd
}

// withDirectory opens a club's users for the command line, which acts as the system.
func withDirectory(ctx context.Context, io std, pick func(context.Context, *app.App) (club.Slug, error), fn func(context.Context, *app.App, *identity.Directory, identity.Principal) error) error {
	return withApp(ctx, io, func(ctx context.Context, a *app.App) error {
		slug, err := pick(ctx, a)
		if err != nil {
			return err
		}
		d, err := a.Directory(ctx, slug)
		if err != nil {
			return err
		}
		return fn(ctx, a, d, identity.System(slug, "cli"))
	})
}

func printLink(ctx context.Context, io std, a *app.App, d *identity.Directory, p identity.Principal, id club.UserID) error {
	link, err := a.SignInLink(ctx, d, p, id)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Sign in within 15 minutes, once:\n  %s\n", link)
	return err
}

func readPassword(io std) (string, error) {
	line, err := bufio.NewReader(io.in).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		if err == nil {
			err = fmt.Errorf("it is empty")
		}
		return "", usageError{fmt.Errorf("no password on standard input: %w", err)}
	}
	return line, nil
}
