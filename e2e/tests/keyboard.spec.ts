import { at, bubble, expect, openProposal, test } from "../fixtures";

test("? lists the keys, and Escape closes the list", async ({ page }) => {
  await page.goto(at("inbox"));
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard" });
  await expect(dialog).toBeVisible();
  await expect(dialog).toContainText("Next thread");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("j and k move, Enter opens, r goes to the reply, Escape leaves it, g leads elsewhere", async ({ page, club }) => {
  const members = [await club.member(), await club.member()];
  const word = club.word(); // a list that other tests' texts do not move
  for (const m of members) await club.text(m, `a question about the keys of the ${word} piano`);
  for (const m of members) await club.thread(m);
  await page.goto(at(`inbox?status=all&q=${word}`));
  const rows = page.locator("a[data-thread]");
  await expect(rows.filter({ hasText: "Needs a person" })).toHaveCount(2); // until then their order may change
  await page.keyboard.press("j");
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press("j");
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(rows.nth(0)).toBeFocused();
  const id = await rows.nth(0).getAttribute("data-thread");
  await page.keyboard.press("Enter");
  await expect(page.locator("#thread")).toHaveAttribute("data-thread-id", id ?? "");
  await page.keyboard.press("r");
  await expect(page.locator("#reply")).toBeFocused();
  await page.keyboard.type("jjg?");
  await expect(page.locator("#reply")).toHaveValue("jjg?");
  await page.locator("#reply").fill("");
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(page).toHaveURL(at("tickets"));
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await expect(page).toHaveURL(at("inbox"));
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Search" }).first()).toBeFocused();
});

test("a proposal is approved, edited and rejected by keys alone", async ({ page, club }) => {
  await openProposal(page, club, await club.member());
  await page.keyboard.press("e");
  await expect(page.locator("#proposal-text")).toBeFocused();
  await page.locator("#proposal-text").fill("By keys alone.");
  await page.keyboard.press("Control+Enter");
  await expect(bubble(page, "By keys alone.")).toBeVisible();

  await openProposal(page, club, await club.member());
  await page.keyboard.press("x");
  await expect(page.locator("#proposal-reason")).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("a");
  await expect(page.locator("[data-message][data-author=machine]")).toBeVisible();
});

test("the first Tab leads past the navigation", async ({ page }) => {
  await page.goto(at("tickets"));
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();
});

test("a chosen theme stays", async ({ page, as }) => {
  await page.goto(at("tickets"));
  const html = page.locator("html");
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await expect(html).not.toHaveAttribute("data-theme");
  const light = await background();
  await page.getByRole("button", { name: "Use the light theme" }).click();
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  await expect(html).toHaveAttribute("data-theme", "dark");
  await expect(page).toHaveURL(at("tickets"));
  expect(await background()).not.toBe(light);
  await page.goto(at("sops"));
  await expect(html).toHaveAttribute("data-theme", "dark");
  await page.goto(at("account"));
  await page.getByRole("group", { name: "Theme" }).getByRole("button", { name: "As the device" }).click();
  await expect(html).not.toHaveAttribute("data-theme");
  expect(await background()).toBe(light);
});
