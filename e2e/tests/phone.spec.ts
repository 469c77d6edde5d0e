import { at, expect, mainPages, openProposal, openThread, test } from "../fixtures";

test.use({ role: "owner" });

for (const path of mainPages) {
  test(`${path} fits the width of a phone, and what one presses is large enough`, async ({ page }) => {
    await page.goto(at(path));
    await expect(page.locator("main")).toBeVisible();
    const width = await page.evaluate(() => ({ page: document.documentElement.scrollWidth, window: window.innerWidth }));
    expect(width.page, "the page is wider than the window").toBeLessThanOrEqual(390);
    expect(width.window, "the page made the window zoom out").toBe(390);
    const over = await page.locator("td[data-label]").evaluateAll((cells) => cells.filter((c) => c.clientWidth > 0 && c.scrollWidth > c.clientWidth + 1).map((c) => c.textContent?.trim()));
    expect(over, "cells lie over their neighbours").toEqual([]);
    expect(await tooSmall(page)).toEqual([]);
  });
}

test("the long name of an unread conversation is cut, and the page does not move sideways", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "is somebody missing a grey putter cover");
  const { id } = await club.thread(m);
  await page.goto(at("inbox?status=all"));
  const name = page.locator(`a[data-thread="${id}"][data-unread] .name bdi`);
  await name.evaluate((e) => (e.textContent = "Recurring: a long name ".repeat(8)));
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test("a thread fits, its context opens and closes, and Back leads to the list", async ({ page, club }) => {
  const m = await club.booker("Northside", 4);
  await club.text(m, "a word about the height of the chairs " + "very".repeat(60));
  await openThread(page, club, m);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(await tooSmall(page)).toEqual([]);
  await expect(page.locator("#context")).toBeHidden();
  await page.getByLabel("Member, booking and bay").click();
  await expect(page.locator("#context")).toBeVisible();
  await expect(page.locator("#context")).toContainText("Playing");
  await page.locator("#context").getByLabel("Close").click();
  await expect(page.locator("#context")).toBeHidden();
  await page.getByLabel("Back to the inbox").click();
  await expect(page).toHaveURL(at("inbox"));
  await expect(page.locator("#list")).toBeVisible();
});

test("a proposal's buttons and the composer are within reach of a thumb", async ({ page, club }) => {
  await openProposal(page, club, await club.member());
  for (const part of [page.locator("[data-proposal] .buttons"), page.locator("form.composer")]) await expect(part).toBeInViewport({ ratio: 1 });
  expect(await tooSmall(page)).toEqual([]);
});

test("the bar at the bottom leads everywhere", async ({ page }) => {
  await page.goto(at("inbox"));
  const bar = page.getByRole("navigation", { name: "Sections" });
  await bar.getByRole("link", { name: "Tickets" }).click();
  await expect(page).toHaveURL(at("tickets"));
  await bar.locator("summary").click();
  await bar.getByRole("link", { name: "Decisions" }).click();
  await expect(page).toHaveURL(at("decisions"));
});

test("the sign-in page fits", async ({ as }) => {
  const page = await as(null);
  await page.goto(at("sign-in"));
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(await tooSmall(page)).toEqual([]);
});

/**
 * What one can press and that is smaller than 24 × 24 CSS pixels (WCAG 2.2, 2.5.8), or for buttons and
 * fields lower than 40. Links within running text are exempt.
 */
async function tooSmall(page: import("@playwright/test").Page): Promise<string[]> {
  return page.evaluate(() => {
    const out: string[] = [];
    for (const el of document.querySelectorAll<HTMLElement>("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
      const label = el.closest("label");
      const box = (label ?? el).getBoundingClientRect();
      if (box.width === 0 || !el.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) continue;
      if (box.width <= 1 || el.closest(".sr") || el.matches(".skip")) continue; // for screen readers only
      const inline = el.matches("a") && getComputedStyle(el).display === "inline";
      if (inline) continue;
      const least = el.matches(".btn, select.input, input.input") ? 40 : 24;
      if (box.height < least - 0.5 || box.width < 23.5) out.push(`${el.tagName} ${(el.textContent || el.getAttribute("aria-label") || el.id).trim().slice(0, 40)}: ${Math.round(box.width)}×${Math.round(box.height)}`);
    }
    return out;
  });
}
