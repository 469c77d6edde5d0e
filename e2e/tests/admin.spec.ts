import { randomBytes } from "node:crypto";
import { tenant } from "../club";
import { at, expect, said, test } from "../fixtures";

test.use({ role: "owner" });

test("a changed setting counts and stands in the audit log", async ({ page }) => {
  await page.goto(at("settings"));
  const field = page.getByLabel("Low priority ticket resolved within");
  const value = `${70 + Number.parseInt(randomBytes(1).toString("hex"), 16)}h0m0s`;
  await field.fill(value);
  await page.getByRole("button", { name: /^Save\s*Service levels/ }).click();
  await expect(said(page)).not.toHaveAttribute("data-tone", "warn");
  await expect(field).toHaveValue(value);
  await page.goto(at("audit"));
  const entry = page.locator("tbody tr").filter({ hasText: "sla.ticket.low" }).first();
  await expect(entry).toContainText("Olive Owner");
  await expect(entry).toContainText(/just now|\d\d:\d\d/);
});

test("a setting out of its range is refused beside its field and keeps what was typed", async ({ page, guard }) => {
  guard.allow(/status of 4/);
  await page.goto(at("settings"));
  const field = page.getByLabel("A new matter begins after");
  await field.fill("a while");
  await page.getByRole("button", { name: /^Save\s*Timing/ }).click();
  await expect(page.locator(".setting").filter({ has: field }).getByRole("alert")).toBeVisible();
  await expect(field).toHaveValue("a while");
  await page.goto(at("settings"));
  await expect(field).not.toHaveValue("a while");
});

test("a key is shown once, opens the API within its scopes, and ends when it is revoked", async ({ page, club }) => {
  const name = `Booking sync ${randomBytes(2).toString("hex")}`;
  await page.goto(at("keys"));
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("bookings.read").check();
  await page.getByRole("button", { name: "Make key" }).click();
  const secret = (await page.locator("[data-secret]").textContent()) ?? "";
  expect(secret.length).toBeGreaterThan(20);
  const call = (path: string) => fetch(`${club.origin}/api/v1/${tenant}/${path}`, { headers: { Authorization: `Bearer ${secret}` } });
  expect((await call("bookings?limit=1")).status).toBe(200);
  expect((await call("members?limit=1")).status).toBe(403);
  await page.goto(at("keys"));
  await expect(page.getByRole("row").filter({ hasText: name })).toBeVisible();
  await expect(page.locator("[data-secret]")).toHaveCount(0);
  expect(await page.content()).not.toContain(secret);

  await page.getByLabel(`Change ${name}`).click();
  await page.getByRole("button", { name: `Revoke ${name}` }).click();
  await expect(page.getByRole("row").filter({ hasText: name })).toContainText("Revoked");
  expect((await call("bookings?limit=1")).status).toBe(401);
});

test("a user is invited, limited to a location and disabled", async ({ page }) => {
  const email = `${randomBytes(5).toString("hex")}@example.com`;
  await page.goto(at("users"));
  await page.locator("#invite-name").fill("Nils Neu");
  await page.locator("#invite-email").fill(email);
  await page.locator("#invite-role").selectOption("operator");
  await page.getByRole("button", { name: "Invite" }).click();
  const row = page.getByRole("row").filter({ hasText: email });
  await expect(row).toContainText("Invited");
  await expect(row).toContainText("Everywhere");
  await row.getByLabel("Change Nils Neu").click();
  await row.getByLabel("Harbour").check();
  await row.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("Harbour");
  await row.getByLabel("Change Nils Neu").click();
  await row.getByRole("button", { name: "Disable and sign out" }).click();
  await expect(row).toContainText("Disabled");
});

test("the same address is not invited twice, and what was typed stays", async ({ page, guard }) => {
  guard.allow(/status of 409/);
  await page.goto(at("users"));
  await page.locator("#invite-name").fill("Opal Again");
  await page.locator("#invite-email").fill("opal@example.com");
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.locator("#invite-name")).toHaveValue("Opal Again");
});
