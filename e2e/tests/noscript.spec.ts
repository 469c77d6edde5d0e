import { accounts, password } from "../club";
import { at, bubble, expect, openProposal, openThread, said, test, threadMenu } from "../fixtures";

test.use({ javaScriptEnabled: false });

test.describe("without scripts", () => {
  test("one signs in, chooses filters and signs out", async ({ as }) => {
    const page = await as(null, { javaScriptEnabled: false });
    await page.goto(at("tickets"));
    await page.getByLabel("E-mail").fill(accounts.colleague);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
    await page.locator("#tickets-location").selectOption({ label: "Harbour" });
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page).toHaveURL(/location=loc_/);
    await page.goto(at("account"));
    await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
    await expect(page.getByText("You have been signed out.")).toBeVisible();
  });

  test("one reads a thread from the inbox and answers", async ({ page, club }) => {
    const m = await club.member();
    await club.text(m, "which shelf are the magazines on");
    const { id } = await club.thread(m);
    await page.goto(at("inbox?status=all"));
    await page.locator(`a[data-thread="${id}"]`).click();
    await expect(bubble(page, "which shelf are the magazines on")).toBeVisible();
    await page.locator("#reply").fill("The top one.");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(said(page)).toContainText("Queued");
    await expect(bubble(page, "The top one.")).toBeVisible();
    await expect.poll(async () => (await club.messages(id)).find((x) => x.author === "operator")?.status).toMatch(/sent|delivered/);
    await page.getByLabel("More actions").click();
    await page.getByRole("button", { name: "Mark as read" }).click();
    await expect(page.locator("#thread-title")).toBeVisible();
    expect((await club.thread(m)).unread).toBe(0);
  });

  test("one approves, edits and rejects proposals", async ({ page, club }) => {
    const open = async () => {
      const m = await club.member();
      await club.text(m, await club.procedure());
      const t = await club.thread(m, (x) => x.status === "awaiting_ai");
      await expect.poll(async () => (await club.proposals(t.id)).length).toBe(1);
      await page.goto(at(`threads/${t.id}`));
      return t.id;
    };
    await open();
    await page.locator("[data-proposal]").getByRole("button", { name: "Approve" }).first().click();
    await expect(said(page)).toContainText("Approved");
    const edited = await open();
    await page.locator("[data-proposal] summary", { hasText: "Edit" }).click();
    await page.locator("#proposal-text").fill("In other words.");
    await page.getByRole("button", { name: "Approve with this text" }).click();
    await expect(said(page)).toContainText("Approved with your words");
    await expect.poll(async () => (await club.messages(edited)).find((x) => x.direction === "out")?.text).toBe("In other words.");
    await page.reload();
    await expect(bubble(page, "In other words.")).toBeVisible();
    await open();
    await page.locator("[data-proposal] summary", { hasText: "Reject" }).click();
    await page.locator("[data-proposal]").getByRole("button", { name: "Reject", exact: true }).click();
    await expect(said(page)).toContainText("Rejected");
  });

  test("one escalates, takes, makes a ticket, hands back", async ({ page, club }) => {
    const m = await club.member();
    await club.text(m, "the third step outside is icy somehow");
    await club.thread(m, (x) => x.status === "escalated");
    await openThread(page, club, m);
    await page.getByRole("button", { name: "Take it" }).filter({ visible: true }).first().click();
    await expect(said(page)).toContainText("You have it.");
    await threadMenu(page, "Make a ticket");
    await page.locator("#tkt-title").fill("Salt the steps");
    await page.getByRole("button", { name: "Make ticket" }).click();
    await expect(said(page)).toContainText(/Ticket #\d+/);
    await page.getByRole("button", { name: "Hand back" }).filter({ visible: true }).first().click();
    await expect(said(page)).toContainText("Handed back");
    await threadMenu(page, "Escalate");
    await page.locator("#esc-reason").fill("somebody could slip");
    await page.getByRole("button", { name: "Escalate", exact: true }).click();
    await expect(said(page)).toContainText("Colleagues have been called.");
  });

  test("one runs an action, after confirming it", async ({ page, club }) => {
    const m = await club.booker("Northside", 2);
    await club.text(m, "a remark about the pictures on the wall", "Northside");
    const id = await openThread(page, club, m);
    const unlock = page.locator("#context details.confirm").filter({ hasText: "Unlock the door" });
    await unlock.locator("summary").click();
    await unlock.getByRole("button", { name: "Yes, unlock the door" }).click();
    await expect(said(page)).toContainText("under way");
    await expect.poll(async () => (await club.executions(id))[0]?.outcome, { timeout: 20_000 }).toBe("success");
    await page.reload();
    await expect(page.locator("#context li.tall").filter({ hasText: "Unlock the door" })).toContainText("Verified");
  });
});
