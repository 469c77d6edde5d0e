import { randomBytes } from "node:crypto";
import { at, expect, openThread, said, test, threadMenu } from "../fixtures";

const unique = (what: string) => `${what} ${randomBytes(3).toString("hex")}`;

test("a ticket made in a thread is on the board with its clock, and moves along it", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "the hook in the changing room came off the wall");
  const id = await openThread(page, club, m);
  const title = unique("Hook came off");
  await threadMenu(page, "Make a ticket");
  await page.locator("#tkt-title").fill(title);
  await page.locator("#tkt-priority").selectOption("high");
  await page.getByRole("button", { name: "Make ticket" }).click();
  await expect(said(page)).toContainText(/Ticket #\d+ has been made\./);
  await expect(page.locator("#context")).toContainText(title);

  await page.goto(at("tickets"));
  const column = (name: string) => page.getByRole("region", { name: "Board" }).locator("section").filter({ has: page.getByRole("heading", { name: new RegExp(`^${name}`) }) });
  const card = column("Open").locator("a.ticket").filter({ hasText: title });
  await expect(card).toContainText("High");
  await expect(card).toContainText(/Due\s+in \d+ (h|min|d)/);
  await card.click();
  await expect(page.getByText("of the time is gone").or(page.getByRole("img", { name: /of the time is gone/ })).first()).toBeVisible();
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator(".pagehead .badge").first()).toHaveText("In progress");
  await page.getByLabel("Assigned to").selectOption({ label: "Oscar Operator" });
  await page.getByRole("button", { name: "Assign" }).click();
  await expect(page.locator("dl.kv")).toContainText("Oscar Operator");
  await page.getByLabel("Comment").fill("New hook ordered.");
  await page.getByRole("button", { name: "Add comment" }).click();
  await expect(page.locator(".timeline")).toContainText("New hook ordered.");
  await page.getByRole("link", { name: "Open the thread" }).click();
  await expect(page.locator("#thread")).toHaveAttribute("data-thread-id", id);

  await page.goto(at("tickets"));
  await expect(column("In progress").locator("a.ticket").filter({ hasText: title })).toBeVisible();
  await column("In progress").locator("a.ticket").filter({ hasText: title }).click();
  await page.getByRole("button", { name: "Resolve" }).click();
  await expect(page.locator(".pagehead .badge").first()).toHaveText("Resolved");
});

test("a ticket is written by hand and found by search and in the list", async ({ page }) => {
  const title = unique("Paint the gate");
  await page.goto(at("tickets"));
  await page.locator("summary", { hasText: "New ticket" }).click();
  await page.locator("#new-title").fill(title);
  await page.locator("#new-text").fill("It is <b>grey</b>.");
  await page.locator("#new-location").selectOption({ label: "Northside" });
  await page.getByRole("button", { name: "Make ticket" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await expect(page.locator(".words").first()).toContainText("It is <b>grey</b>.");
  await page.goto(at("tickets?view=list"));
  await page.getByRole("searchbox", { name: "Search tickets" }).fill(title);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("row").filter({ hasText: title })).toContainText("Northside");
  await expect(page.locator("tbody tr")).toHaveCount(1);
});

test("of two who change a ticket, the second is told and changes nothing", async ({ page, as, guard }) => {
  guard.allow(/status of 409/);
  const title = unique("Two at once");
  await page.goto(at("tickets"));
  await page.locator("summary", { hasText: "New ticket" }).click();
  await page.locator("#new-title").fill(title);
  await page.getByRole("button", { name: "Make ticket" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  const other = await as("colleague");
  await other.goto(page.url());
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator(".pagehead .badge").first()).toHaveText("In progress");
  await other.getByRole("button", { name: "Wait" }).click();
  await expect(other.locator("[role=alert], .toast[data-tone=warn]").first()).toBeVisible();
  await page.reload();
  await expect(page.locator(".pagehead .badge").first()).toHaveText("In progress");
});
