import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import { check } from "../axe";
import { at, expect, said, test } from "../fixtures";

const unique = (what: string) => `${what} ${randomBytes(3).toString("hex")}`;

/** Makes a ticket by the form; answers with its number and address. */
async function make(page: Page, title: string, template = "general", bay?: string): Promise<{ number: string; url: string }> {
  await page.goto(at("tickets"));
  await page.locator("summary", { hasText: "New ticket" }).click();
  await page.locator("#new-template").selectOption(template);
  await page.locator("#new-title").fill(title);
  if (bay) await page.locator("#new-bay").selectOption({ label: bay });
  await page.getByRole("button", { name: "Make ticket" }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  return { number: (await page.locator(".pagehead .num").first().innerText()).trim(), url: page.url() };
}

const relations = (page: Page) => page.getByRole("region", { name: "Relations" });

test("a ticket is blocked by another one, which shows on both and on the board, until that is done", async ({ page }) => {
  const first = await make(page, unique("Order a lamp"));
  const title = unique("Projector is dim");
  const second = await make(page, title);
  await page.locator("#relate-kind").selectOption("blocked_by");
  await page.locator("#relate-q").fill(first.number);
  await page.keyboard.press("Enter");
  await expect(said(page)).toContainText(`It is blocked by ${first.number}.`);
  await expect(relations(page)).toContainText("Is blocked by");
  await expect(page.locator(".pagehead")).toContainText("Blocked");
  await check(page);
  await page.goto(at("tickets"));
  await expect(page.locator("a.ticket").filter({ hasText: title })).toContainText("Blocked");
  await page.goto(first.url);
  await expect(relations(page)).toContainText(`${second.number} ${title}`);
  await page.getByRole("button", { name: "Resolve" }).click();
  await page.goto(second.url);
  await expect(page.locator(".pagehead")).not.toContainText("Blocked");
  await page.getByRole("button", { name: `Remove: is blocked by ${first.number}` }).click();
  await expect(said(page)).toContainText("Removed.");
  await expect(page.locator(".timeline")).toContainText(`took back that it is blocked by ${first.number}`);
});

test("words that fit several tickets are asked about, and a duplicate is closed", async ({ page }) => {
  const word = unique("Gate");
  const first = await make(page, `${word} stuck`);
  await make(page, `${word} squeaks`);
  await make(page, unique("The way in"));
  await page.locator("#relate-kind").selectOption("duplicate_of");
  await page.locator("#relate-q").fill(word);
  await page.getByRole("button", { name: "Relate", exact: true }).click();
  await expect(page.getByText("Several fit.")).toBeVisible();
  await check(page);
  await page.getByRole("button", { name: `${word} stuck` }).click();
  await expect(said(page)).toContainText(`It is a duplicate of ${first.number}.`);
  await expect(page.locator(".pagehead .badge").first()).toHaveText("Closed");
});

test("a checklist is ticked with the keyboard, and each tick is in the history", async ({ page }) => {
  await make(page, unique("Wash the mats"), "cleaning");
  const boxes = page.locator(".checklist").getByRole("checkbox");
  await expect(boxes).toHaveCount(3);
  await expect(page.getByText("- [ ]")).toHaveCount(0);
  await boxes.nth(1).focus();
  await page.keyboard.press("Space");
  await expect(page.getByText("1 of 3 done")).toBeVisible();
  await expect(boxes.nth(1)).toBeChecked();
  await expect(page.locator(".timeline")).toContainText("ticked");
  await boxes.nth(1).uncheck();
  await expect(page.getByText("0 of 3 done")).toBeVisible();
  await expect(page.locator(".timeline")).toContainText("took the tick away from");
  await check(page);
});

test("a fault that comes back has a root-cause ticket, which takes its tickets along", async ({ page }) => {
  for (let i = 0; i < 3; i++) await make(page, unique("Door sensor"), "access", "Harbour · Bay 3");
  await expect(page.getByRole("heading", { name: /time in this bay in 30 days/ })).toBeVisible();
  await check(page);
  await page.getByRole("link", { name: /Recurring: Door sensor/ }).first().click();
  await expect(page.locator(".words").first()).toContainText("The same fault has come back");
  await page.getByRole("button", { name: "Resolve" }).click();
  await page.getByRole("button", { name: /^Resolve \d+ tickets$/ }).click();
  await expect(said(page)).toContainText("Resolved.");
  await expect(relations(page).locator(".badge").filter({ hasNotText: "Resolved" })).toHaveCount(0);
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("one ticks a checklist and relates tickets", async ({ page }) => {
    const first = await make(page, unique("Order soap"));
    await make(page, unique("Fill the soap"), "supplies");
    const item = page.locator(".checklist li").first();
    await item.getByRole("checkbox").check();
    await item.getByRole("button", { name: /^Save/ }).click();
    await expect(page.getByText("1 of 2 done")).toBeVisible();
    await page.locator("#relate-q").fill(first.number.slice(1));
    await page.getByRole("button", { name: "Relate", exact: true }).click();
    await expect(relations(page)).toContainText(first.number);
  });
});
