import { check } from "../axe";
import { at, expect, openProposal, said, test } from "../fixtures";

test.use({ role: "admin" });

test("a pattern is paused, limited and resumed on its page, and the audit log says by whom", async ({ page, club }) => {
  await openProposal(page, club, await club.member(), "can I get a refund");
  await page.goto(at("memory"));
  await page.getByRole("searchbox", { name: "Search patterns" }).fill("refund");
  await page.keyboard.press("Enter");
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("heading", { name: "What it may do" })).toBeVisible();
  await check(page);

  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(said(page)).toContainText("Paused");
  await expect(page.locator(".pagehead")).toContainText("Paused");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Resume it" }).click();
  await expect(said(page)).toContainText("Resumed");

  await page.getByLabel("At most, whatever it earns").selectOption({ label: "Asks first" });
  await page.getByRole("button", { name: "Set the limit…" }).click();
  await page.getByRole("button", { name: "Set the limit", exact: true }).click();
  await expect(said(page)).toContainText("limit is set");
  await expect(page.getByLabel("At most, whatever it earns")).toHaveValue("approve");
  await page.getByLabel("At most, whatever it earns").selectOption({ label: "Acts alone" });
  await page.getByRole("button", { name: "Set the limit…" }).click();
  await page.getByRole("button", { name: "Set the limit", exact: true }).click();
  await expect(page.getByLabel("At most, whatever it earns")).toHaveValue("auto");

  await page.goto(at("audit"));
  await expect(page.locator("tbody tr").filter({ hasText: /paused/ }).first()).toContainText("Adam Admin");
});
