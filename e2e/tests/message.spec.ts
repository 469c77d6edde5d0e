import { until } from "../club";
import { at, bubble, composer, expect, openThread, said, test } from "../fixtures";

test("a member's text appears in the inbox without a reload", async ({ page, club }) => {
  const m = await club.member();
  await page.goto(at("inbox?status=all"));
  await expect(page.getByRole("navigation", { name: "Views" })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { same: true }));
  const live = page.locator("a[data-thread]").filter({ hasText: m.name });
  await expect(live).toHaveCount(0);
  await club.text(m, "is the club open on christmas eve evening for members of my family");
  await expect(live).toBeVisible();
  expect(await page.evaluate(() => "same" in window)).toBe(true);
});

test("a second text appears in the open thread without a reload, and what is being typed stays", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "I left my umbrella somewhere");
  await openThread(page, club, m);
  await composer(page).text.fill("half a rep");
  await composer(page).text.focus();
  await club.text(m, "it is a green one");
  await expect(bubble(page, "it is a green one")).toBeVisible();
  await expect(composer(page).text).toHaveValue("half a rep");
  await expect(composer(page).text).toBeFocused();
});

test("a draft survives leaving the thread", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "did somebody find a wedge");
  const id = await openThread(page, club, m);
  await composer(page).text.fill("I will look ");
  await page.goto(at("tickets"));
  await page.goto(at(`threads/${id}`));
  await expect(composer(page).text).toHaveValue("I will look ");
});

test("a reply written by hand goes out once, and the machine is silent from then on", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "where did I leave my glove");
  const id = await openThread(page, club, m);
  const words = "We have it at the desk – come by any time. 🧤";
  await composer(page).text.fill(words);
  await composer(page).send.click();
  await expect(said(page)).toContainText("Queued");
  await expect(bubble(page, words)).toHaveAttribute("data-state", /sent|delivered/);
  await expect(bubble(page, words).locator(".state")).toHaveText(/Sent|Delivered/);
  await expect(page.locator("#thread [data-swap=head]")).toContainText("By hand");
  await expect(composer(page).text).toHaveValue("");

  // What it would answer by itself at any other time.
  const ask = await club.procedure(true);
  await club.text(m, ask);
  await expect(bubble(page, ask)).toBeVisible();
  // Somebody else gets that answer, so the machine has had its time for this one too.
  const control = await club.member();
  await club.text(control, ask);
  const { id: answered } = await club.thread(control);
  await until("an answer to the control", async () => (await club.messages(answered)).find((x) => x.author === "machine"));
  expect((await club.messages(id)).filter((x) => x.direction === "out").map((x) => [x.author, x.text])).toEqual([["operator", words]]);
});

test("pressing Send twice sends once", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "anyone there tonight at the counter");
  const id = await openThread(page, club, m);
  await composer(page).text.fill("Yes, until ten.");
  await composer(page).send.dblclick();
  await expect(bubble(page, "Yes, until ten.")).toHaveAttribute("data-state", /sent|delivered/);
  expect((await club.messages(id)).filter((x) => x.text === "Yes, until ten.")).toHaveLength(1);
});

test("the same form sent again by the browser sends once", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "is the coffee machine back");
  const id = await openThread(page, club, m);
  const key = await page.locator("form.composer input[name=key]").inputValue();
  for (let i = 0; i < 2; i++) {
    const res = await page.request.post(at(`threads/${id}/reply`), { form: { key, text: "It is." }, headers: { Origin: new URL(page.url()).origin } });
    expect(res.status()).toBeLessThan(400);
  }
  await expect(bubble(page, "It is.")).toHaveAttribute("data-state", /sent|delivered/);
  expect((await club.messages(id)).filter((x) => x.text === "It is.")).toHaveLength(1);
});

test("Ctrl and Enter send, and the counter tells how many texts it will be", async ({ page, club, isMobile }) => {
  test.skip(isMobile, "a phone has no Ctrl");
  const m = await club.member();
  await club.text(m, "my invoice has the wrong name on it");
  await openThread(page, club, m);
  await composer(page).text.fill("x".repeat(161));
  await expect(page.locator("[data-length]")).toHaveText("161 characters, 2 texts");
  await composer(page).text.fill("Corrected.");
  await composer(page).text.press("Control+Enter");
  await expect(bubble(page, "Corrected.")).toBeVisible();
});

test("a note stays in the house", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "who was the coach on tuesday with the red cap");
  const id = await openThread(page, club, m);
  await composer(page).text.fill("Probably Robin.");
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await expect(bubble(page, "Probably Robin.")).toContainText("note, not sent");
  expect((await club.messages(id)).filter((x) => x.direction === "out")).toEqual([]);
});

test("search and filters narrow the list", async ({ page, club, isMobile }) => {
  const [m, other] = [await club.member(), await club.member()];
  await club.text(m, "a harbour question about my trolley wheel", "Harbour");
  await club.text(other, "a northside question about my trolley wheel", "Northside");
  await Promise.all([club.thread(m), club.thread(other)]);
  const row = (name: string) => page.locator("a[data-thread]").filter({ hasText: name });

  await page.goto(at("inbox?status=all"));
  await expect(row(m.name)).toBeVisible();
  await expect(row(other.name)).toBeVisible();
  await page.getByLabel("Location").first().selectOption({ label: "Harbour" });
  await expect(page).toHaveURL(/location=loc_/);
  await expect(row(m.name)).toBeVisible();
  await expect(row(other.name)).toHaveCount(0);

  await page.goto(at("inbox"));
  await page.getByRole("searchbox", { name: "Search" }).first().fill(other.name);
  await page.keyboard.press("Enter");
  await expect(row(other.name)).toBeVisible();
  await expect(row(m.name)).toHaveCount(0);
  await page.getByRole("searchbox", { name: "Search" }).first().fill("xyzzy nobody wrote that");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  if (!isMobile) expect((await page.locator("#list").boundingBox())?.height).toBe(page.viewportSize()?.height); // an empty list fills its pane
});

test("an unread thread is marked until somebody opens it", async ({ page, club, as }) => {
  const m = await club.member();
  await club.text(m, "is somebody missing a grey putter cover");
  const { id } = await club.thread(m);
  await page.goto(at("inbox?status=all"));
  const row = page.locator(`a[data-thread="${id}"]`);
  await expect(row).toHaveAttribute("data-unread", "");
  const other = await as("colleague");
  await openThread(other, club, m);
  await expect(row).not.toHaveAttribute("data-unread", "");
});

test("nasty words arrive as they were written and do nothing", async ({ page, club }) => {
  const head = `<script>window.pwned = 1</script><img src=x onerror="window.pwned=1">{{7*7}} \u202Eevil\u202C שלום مرحبا 👩‍👩‍👧‍👦 é e\u0301 & &amp; "' `;
  const nasty = head + "ß".repeat(1600 - [...head].length);
  const m = await club.member();
  await club.text(m, nasty);
  const id = await openThread(page, club, m);
  const shown = page.locator('[data-author="member"] .bubble').first();
  await expect(shown).toBeVisible();
  expect(await shown.evaluate((el) => el.textContent)).toBe(nasty);
  expect(await shown.evaluate((el) => el.childElementCount)).toBe(0);
  expect((await club.messages(id))[0].text).toBe(nasty);
  await page.goto(at("inbox?status=all"));
  await expect(page.locator(`a[data-thread="${id}"]`)).toBeVisible();
  await page.waitForLoadState("load");
  expect(await page.evaluate(() => "pwned" in window)).toBe(false);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
});

test("a nasty reply goes out as it was typed", async ({ page, club }) => {
  const nasty = `<b>Bold</b> & "quotes"\n  indented – שלום 🎯 ${"z".repeat(1500)}`;
  const m = await club.member();
  await club.text(m, "what was the code for the lockers of last year");
  const id = await openThread(page, club, m);
  await composer(page).text.fill(nasty);
  await composer(page).send.click();
  await expect(page.locator('[data-author="operator"]')).toHaveAttribute("data-state", /sent|delivered/);
  expect((await club.messages(id)).find((x) => x.author === "operator")?.text).toBe(nasty);
});

test("opening another thread never shows an answer for the one before", async ({ page, club, isMobile }) => {
  test.skip(isMobile, "a phone shows one pane");
  const [a, b] = [await club.member(), await club.member()];
  await club.text(a, "first of two about a lost scorecard");
  await club.text(b, "second of two about a lost scorecard");
  const [ta, tb] = [await club.thread(a), await club.thread(b)];
  await page.goto(at("inbox?status=all"));
  // The first thread's answer is held back until the second one has been shown.
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route(new RegExp(`threads/${ta.id}\\?part=thread`), async (route) => {
    await held;
    await route.continue().catch(() => {});
  });
  await page.locator(`a[data-thread="${ta.id}"]`).click();
  await page.locator(`a[data-thread="${tb.id}"]`).click();
  await expect(page.locator("#thread")).toHaveAttribute("data-thread-id", tb.id);
  release();
  await expect(page.locator("#thread-title")).toHaveText(b.name);
  await expect(page.locator("form.composer")).toHaveAttribute("action", at(`threads/${tb.id}/reply`));
  await expect(page).toHaveURL(at(`threads/${tb.id}`));
});
