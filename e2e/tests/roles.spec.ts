import { at, expect, openThread, test } from "../fixtures";

test.describe("a viewer", () => {
  test.use({ role: "viewer" });

  test("sees a thread without anything to press", async ({ page, club }) => {
    const m = await club.member();
    await club.text(m, "is there a vase for my flowers at the desk");
    await openThread(page, club, m);
    await expect(page.locator("#reply")).toHaveCount(0);
    await expect(page.locator("#thread form, #context form, #thread [data-press]")).toHaveCount(0);
    await page.goto(at("places"));
    await expect(page.locator("main form[method=post]")).toHaveCount(0);
    await page.goto(at("tickets"));
    await expect(page.getByText("New ticket")).toHaveCount(0);
  });

  test("is refused a post, whatever is sent", async ({ page, club }) => {
    const m = await club.member();
    await club.text(m, "can I bring my dog to the putting green");
    const id = await openThread(page, club, m);
    const origin = new URL(page.url()).origin;
    for (const [path, form] of Object.entries({
      [`threads/${id}/reply`]: { text: "no", key: "k" },
      [`threads/${id}/note`]: { text: "no", key: "k" },
      [`threads/${id}/claim`]: {},
      [`threads/${id}/action`]: { action: "unlock_door", confirmed: "yes" },
      tickets: { title: "no" },
      users: { email: "v@example.com", name: "V", role: "owner" },
      keys: { name: "v" },
      settings: { group: "autonomy" },
    })) {
      const res = await page.request.post(at(path), { form: form as Record<string, string>, headers: { Origin: origin } });
      expect(res.status(), path).toBe(403);
    }
    expect((await club.messages(id)).filter((x) => x.direction !== "in" && x.author !== "machine")).toEqual([]);
  });

  test("a form of another site is refused for everybody", async ({ as, club }) => {
    const page = await as("owner");
    const res = await page.request.post(at("tickets"), { form: { title: "forged" }, headers: { Origin: "https://evil.example" } });
    expect(res.status()).toBe(403);
  });
});

test.describe("a tech of one location", () => {
  test.use({ role: "tech" });

  test("sees that location only", async ({ page, club, guard }) => {
    const [here, there] = [await club.member(), await club.member()];
    await club.text(here, "a small thing about the north mat", "Northside");
    await club.text(there, "a small thing about the pier mat", "Harbour");
    const [a, b] = [await club.thread(here), await club.thread(there)];
    await page.goto(at("inbox?status=all"));
    await expect(page.locator(`a[data-thread="${a.id}"]`)).toBeVisible();
    await expect(page.locator(`a[data-thread="${b.id}"]`)).toHaveCount(0);
    guard.allow(/status of 40[34]/);
    const res = await page.goto(at(`threads/${b.id}`));
    expect([403, 404]).toContain(res?.status());
    await expect(page.locator("body")).not.toContainText("pier mat");

    await page.goto(at("places"));
    await expect(page.getByRole("heading", { name: "Northside" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Harbour" })).toHaveCount(0);
    await page.goto(at("bookings"));
    await expect(page.locator("main")).not.toContainText("Harbour");
  });

  test("hears nothing of the other locations through the live stream", async ({ page, club }) => {
    const [here, there] = [await club.member(), await club.member()];
    await page.goto(at("inbox?status=all"));
    await expect(page.getByRole("navigation", { name: "Views" })).toBeVisible();
    await club.text(there, "nobody up north hears of this", "Harbour");
    await club.thread(there);
    await club.text(here, "but of this they do", "Northside");
    await expect(page.locator("a[data-thread]").filter({ hasText: "but of this they do" })).toBeVisible();
    await expect(page.locator("body")).not.toContainText("nobody up north");
  });
});

for (const role of ["viewer", "tech", "operator", "admin", "owner"] as const) {
  test(`every link of the navigation opens for ${role}`, async ({ as }) => {
    const page = await as(role);
    await page.goto(at("inbox"));
    const links = await page.locator("nav.side a").evaluateAll((as) => as.map((a) => (a as HTMLAnchorElement).pathname));
    expect(links.length).toBeGreaterThan(6);
    for (const path of new Set(links)) expect((await page.request.get(path)).status(), path).toBe(200);
  });
}
