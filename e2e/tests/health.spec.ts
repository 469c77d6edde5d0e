import { check } from "../axe";
import { at, expect, test } from "../fixtures";

test.use({ role: "owner" });

test("the health page tells promises, vendors, the server and its queues", async ({ page, club }) => {
  await club.text(await club.member(), "is the range open on sundays");
  await page.goto(at("health"));
  const promises = page.locator("#promises");
  for (const what of ["Texts and reports taken in", "Texts decided on", "Actions sent to the vendor", "Pages shown", "Health checks answered"])
    await expect(promises.getByRole("row", { name: new RegExp(what) }).locator(".badge")).toHaveText(/^(Kept|Missed|Nothing measured)$/);
  await expect(promises.getByText(/ a minute$/)).toHaveCount(4);
  await expect(page.locator("#vendors")).toContainText("Answers");
  const server = page.locator("#server");
  for (const what of ["Processor time", "Memory", "Cache", "Servers"]) await expect(server.getByText(what, { exact: true })).toBeVisible();
  for (const who of ["Texts that speak of danger", "Texts and vendors' reports", "Pages", "Programs", "Files and replays"])
    await expect(server.getByRole("row", { name: new RegExp(`^${who} \\d+ \\d+$`) })).toBeVisible();
  await expect(page.locator("#queues")).toContainText("Of the whole installation");
  await page.getByRole("link", { name: "Look again" }).click();
  await expect(page.getByRole("heading", { name: "Health", level: 1 })).toBeVisible();
});

for (const width of [390, 1440])
  for (const colorScheme of ["light", "dark"] as const)
    test(`the health page is accessible and fits at ${width}, ${colorScheme}`, async ({ as }) => {
      const page = await as("owner", { colorScheme, viewport: { width, height: 900 } });
      await page.goto(at("health"));
      await expect(page.locator("#server")).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await check(page);
    });

test("without scripts a phone shows all of it, each cell with a label that says something else", async ({ as }) => {
  const page = await as("owner", { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await page.goto(at("health"));
  for (const part of ["#promises", "#vendors", "#feeds", "#server", "#queues"]) await expect(page.locator(part)).toBeVisible();
  const cells = await page.locator("td[data-label]").evaluateAll((all) => all.map((c) => [c.getAttribute("data-label"), c.textContent?.trim()]));
  expect(cells.length).toBeGreaterThan(20);
  expect(cells.filter(([label, text]) => label === text)).toEqual([]);
});

test("who does not look after the club sees promises and no server", async ({ as }) => {
  const page = await as("viewer");
  await page.goto(at("health"));
  await expect(page.locator("#promises")).toBeVisible();
  await expect(page.locator("#server")).toHaveCount(0);
});
