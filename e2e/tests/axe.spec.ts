import { check } from "../axe";
import { at, expect, mainPages, openProposal, test } from "../fixtures";

test.use({ role: "owner" });

for (const path of [...mainPages, "sops/new"]) {
  test(`${path} is accessible`, async ({ page }) => {
    await page.goto(at(path));
    await check(page);
  });
}

test("a thread with a proposal is accessible, also with its forms open", async ({ page, club }) => {
  await openProposal(page, club, await club.booker("Old Mill", 1));
  await check(page);
  for (const summary of ["Edit", "Reject"]) await page.locator("[data-proposal] summary", { hasText: summary }).click();
  await page.getByLabel("More actions").click();
  await check(page);
});

test("a decision, a SOP, a ticket and a member are accessible", async ({ page, club }) => {
  await openProposal(page, club, await club.member());
  await page.locator("[data-proposal] a", { hasText: "Why" }).click();
  await expect(page.getByRole("heading", { name: "What was weighed" })).toBeVisible();
  await check(page);
  await page.goto(at("sops"));
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("heading", { name: "Versions" })).toBeVisible();
  await check(page);
  await page.goto(at("members"));
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("heading", { name: "Bookings", exact: true })).toBeVisible();
  await check(page);
});

test("the sign-in pages are accessible", async ({ as }) => {
  const page = await as(null);
  for (const path of ["sign-in", "sign-in/link"]) {
    await page.goto(at(path));
    await check(page);
  }
});
