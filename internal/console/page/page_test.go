package page_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"clubos/internal/club"
	. "clubos/internal/console/page"
	"clubos/internal/console/static"
)

func render(t *testing.T, c templ.Component) (string, *html.Node) {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), doc
}

func TestEveryPageIsSoundAndKeepsTheContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range pages("dark") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, doc := render(t, c)
			for _, bad := range append(checkBalance(src), checkPage(doc)...) {
				t.Error(bad)
			}
		})
	}
}

// TestPreviewIsWritten writes every page and the assets to the directory that CLUBOS_PREVIEW names,
// for people to look at.
func TestPreviewIsWritten(t *testing.T) {
	dir := os.Getenv("CLUBOS_PREVIEW")
	if dir == "" {
		t.Skip("CLUBOS_PREVIEW names no directory")
	}
	put := func(name string, body []byte) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]templ.Component{
		"thread": ThreadPane(shell("inbox", "", ""), thread()), "other": ThreadPane(shell("inbox", "", ""), other()), "list": ThreadListPane(shell("inbox", "", ""), list("")),
	} {
		src, _ := render(t, c)
		put(filepath.Join("part", name+".html"), []byte(src))
	}
	for _, theme := range []string{"light", "dark"} {
		for name, c := range pages(theme) {
			src, _ := render(t, c)
			put(filepath.Join(theme, name+".html"), []byte(src))
		}
	}
	err := fs.WalkDir(static.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(static.Files(), name)
		put(static.URL(name), body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMembersWordsShowByteForByteAndNeverAsMarkup(t *testing.T) {
	t.Parallel()
	th := thread()
	_, doc := render(t, ThreadPane(shell("inbox", "x", ""), th))
	bubbles := find(doc, "div", "class=bubble")
	if len(bubbles) != 9 {
		t.Fatalf("%d bubbles", len(bubbles))
	}
	if got := text(bubbles[2]); got != hostile {
		t.Errorf("shown %q, written %q", got, hostile)
	}
	if attr(bubbles[2], "dir") != "auto" || !strings.Contains(attr(bubbles[2], "class"), "words") {
		t.Error("the direction or the line breaks of a text are lost")
	}
	if n := len(find(doc, "script")); n != 0 {
		t.Errorf("%d scripts in a thread", n)
	}
}

func TestAnOpenProposalCanBeSettledWithoutScripts(t *testing.T) {
	t.Parallel()
	_, doc := render(t, ThreadPane(shell("inbox", "x", ""), thread()))
	id := find(doc, "section", "data-proposal")
	if len(id) != 1 {
		t.Fatal("no proposal")
	}
	base := "/c/fairway/proposals/" + attr(id[0], "data-proposal")
	for _, do := range []string{"approve", "edit", "reject"} {
		forms := find(doc, "form", "method=post", "action="+base+"/"+do)
		if len(forms) != 1 || len(find(forms[0], "input", "name=key")) != 1 || len(find(forms[0], "button", "type=submit")) != 1 {
			t.Errorf("no complete form to %s", do)
		}
	}
}

func TestASettledProposalOffersNoButtons(t *testing.T) {
	t.Parallel()
	for _, status := range []club.ProposalStatus{club.ProposalApproved, club.ProposalRejected, club.ProposalExecuted, club.ProposalExpired, club.ProposalStale} {
		th := thread()
		th.Proposal.Status = status
		_, doc := render(t, ThreadPane(shell("inbox", "x", ""), th))
		if n := len(find(doc, "button", "data-press")); n != 0 {
			t.Errorf("%s: %d buttons", status, n)
		}
	}
}

func TestAnOptedOutMemberCanBeNotedButNotWrittenTo(t *testing.T) {
	t.Parallel()
	th := thread()
	th.Composer.Blocked = "The member has opted out."
	_, doc := render(t, ThreadPane(shell("inbox", "x", ""), th))
	if len(find(doc, "button", "data-send-button")) != 0 {
		t.Error("a reply is offered")
	}
	if len(find(doc, "button", "formaction=/c/fairway/threads/"+thr.String()+"/note")) != 1 {
		t.Error("no note is offered")
	}
}

func TestAnUnconfirmedTextIsNotCalledSent(t *testing.T) {
	t.Parallel()
	for status, want := range map[club.MessageStatus]string{
		club.MessageQueued: "Queued", club.MessageSending: "Sending", club.MessageSent: "Sent", club.MessageDelivered: "Delivered",
		club.MessageFailed: "Failed", club.MessageUnconfirmed: "Unconfirmed", club.MessageCancelled: "Withdrawn",
	} {
		th := thread()
		th.Messages = []Bubble{{ID: club.NewMessageID(now), Dir: club.DirectionOut, Author: club.AuthorMachine, Text: "x", Status: status, At: now}}
		_, doc := render(t, ThreadPane(shell("inbox", "x", ""), th))
		got := find(doc, "span", "class=state")
		if len(got) != 1 || name(got[0]) != want {
			t.Errorf("%s is shown as %q", status, name(got[0]))
		}
	}
}

func TestADangerousActionAsksFirstAndADisabledOneSaysWhy(t *testing.T) {
	t.Parallel()
	_, doc := render(t, ThreadPane(shell("inbox", "x", ""), thread()))
	forms := find(doc, "form", "action=/c/fairway/threads/"+thr.String()+"/action")
	asked := map[string]bool{}
	for _, f := range forms {
		asked[attr(find(f, "input", "name=action")[0], "value")] = len(find(f, "input", "name=confirmed")) == 1
	}
	if !asked["unlock_door"] || !asked["reboot_pc"] || asked["restart_trackman"] {
		t.Errorf("asked first: %v", asked)
	}
	if _, ok := asked["lights_on"]; ok {
		t.Error("a disabled action has a form")
	}
	if len(find(doc, "button", "disabled", "aria-describedby")) != 1 {
		t.Error("the disabled action does not say why")
	}
}

func TestTheThreadPaneNamesItsThreadForRaceSafety(t *testing.T) {
	t.Parallel()
	_, doc := render(t, ThreadPane(shell("inbox", "x", ""), thread()))
	pane := find(doc, "section", "data-thread-id="+thr.String())
	if len(pane) != 1 {
		t.Fatal("the pane does not name its thread")
	}
	for _, f := range find(pane[0], "form", "method=post") {
		if a := attr(f, "action"); !strings.Contains(a, thr.String()) && !strings.Contains(a, "/proposals/") {
			t.Errorf("a form of the thread posts to %s", a)
		}
	}
}

func TestTheThemeIsFixedByTheServer(t *testing.T) {
	t.Parallel()
	for theme, want := range map[string]string{"light": "light", "dark": "dark", "": "", `x"><b>`: ""} {
		_, doc := render(t, Inbox(InboxPage{Shell: shell("inbox", "x", theme)}))
		if got := attr(find(doc, "html")[0], "data-theme"); got != want {
			t.Errorf("theme %q is rendered as %q", theme, got)
		}
	}
}

func TestNavigationShowsAdminPagesToAdminsOnly(t *testing.T) {
	t.Parallel()
	for _, role := range club.Roles() {
		s := shell("inbox", "x", "")
		s.User.Role = role
		_, doc := render(t, Inbox(InboxPage{Shell: s}))
		got := len(find(doc, "a", "href=/c/fairway/keys")) > 0
		if want := role == club.RoleOwner || role == club.RoleAdmin; got != want {
			t.Errorf("%s sees keys: %v", role, got)
		}
	}
}
